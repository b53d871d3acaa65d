//! The OpenAPI file as the sandbox obeys it: paths, methods, parameters, bodies.

use std::sync::OnceLock;

use serde_json::Value;

/// `openapi.yaml` as `build.rs` left it.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The parsed file.
#[derive(Debug)]
pub struct Spec {
    /// The whole document, served at `/openapi.json`.
    pub document: Value,
    routes: Vec<Route>,
}

/// A path and its operations.
#[derive(Debug)]
pub struct Route {
    segments: Vec<String>,
    pub operations: Vec<Operation>,
}

/// One method of a path.
#[derive(Debug)]
pub struct Operation {
    /// Upper case, as in `POST`.
    pub method: String,
    /// The `operationId`.
    pub id: String,
    /// The path template, as in `/v1/invoices/{id}`.
    pub path: String,
    pub parameters: Vec<Parameter>,
    /// Media types and their schemas; empty where no body is taken.
    pub bodies: Vec<(String, Value)>,
}

/// A query or header parameter.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    /// `query`, `header` or `path`.
    pub place: String,
    pub required: bool,
    pub schema: Value,
}

impl Spec {
    /// The built-in file, parsed once; the error is one of our own making.
    pub fn built_in() -> Result<&'static Self, String> {
        static SPEC: OnceLock<Result<Spec, String>> = OnceLock::new();
        SPEC.get_or_init(|| Self::parse(JSON)).as_ref().map_err(Clone::clone)
    }

    fn parse(json: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let paths = document.get("paths").and_then(Value::as_object).ok_or("the file has no paths")?;
        let mut routes = Vec::new();
        for (path, item) in paths {
            let operations = ["get", "post", "put", "delete"]
                .into_iter()
                .filter_map(|method| operation(&document, path, method, item.get(method)?))
                .collect();
            routes.push(Route { segments: path.split('/').map(str::to_owned).collect(), operations });
        }
        Ok(Self { document, routes })
    }

    /// The route of a path and the value of its `{id}`.
    pub fn route(&self, path: &str) -> Option<(&Route, String)> {
        let segments: Vec<&str> = path.split('/').collect();
        self.routes.iter().find_map(|route| Some((route, route.matches(&segments)?)))
    }

    /// Every operation.
    #[cfg(test)]
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.routes.iter().flat_map(|route| &route.operations)
    }
}

impl Route {
    fn matches(&self, segments: &[&str]) -> Option<String> {
        if segments.len() != self.segments.len() {
            return None;
        }
        let mut id = String::new();
        for (template, given) in self.segments.iter().zip(segments) {
            if template == "{id}" && !given.is_empty() {
                id = given.to_ascii_lowercase();
            } else if template != given {
                return None;
            }
        }
        Some(id)
    }

    /// The methods that the path knows, for the `Allow` header.
    pub fn allow(&self) -> String {
        let methods: Vec<&str> = self.operations.iter().map(|operation| operation.method.as_str()).collect();
        methods.join(", ")
    }
}

fn operation(document: &Value, path: &str, method: &str, item: &Value) -> Option<Operation> {
    let parameters = item.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let bodies = item.pointer("/requestBody/content").and_then(Value::as_object);
    Some(Operation {
        method: method.to_uppercase(),
        id: item.get("operationId")?.as_str()?.to_owned(),
        path: path.to_owned(),
        parameters: parameters.iter().filter_map(|parameter| self::parameter(document, parameter)).collect(),
        bodies: bodies
            .into_iter()
            .flatten()
            .filter_map(|(media, content)| Some((media.clone(), content.get("schema")?.clone())))
            .collect(),
    })
}

fn parameter(document: &Value, parameter: &Value) -> Option<Parameter> {
    let parameter = resolve(document, parameter);
    Some(Parameter {
        name: parameter.get("name")?.as_str()?.to_owned(),
        place: parameter.get("in")?.as_str()?.to_owned(),
        required: parameter.get("required").and_then(Value::as_bool).unwrap_or(false),
        schema: parameter.get("schema")?.clone(),
    })
}

/// Follows `$ref` inside the document; what leads nowhere stays as it is.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|target| document.pointer(target.strip_prefix('#')?))
        .map_or(value, |target| resolve(document, target))
}
