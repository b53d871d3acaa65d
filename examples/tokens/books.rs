//! The sandbox as a process of its own with fresh books, and the plain way to it: its answers as they are.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Map, Value, json};

/// The day of the seed data.
const TODAY: &str = "2026-11-21";

pub struct Books {
    pub program: PathBuf,
    child: Child,
    url: String,
    key: String,
    profile: String,
    folder: PathBuf,
}

impl Books {
    pub fn open(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(["sandbox", "--json", "--data", ":memory:", "--limits", "off", "--today", TODAY]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program is built");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is a pipe");
        BufReader::new(out).read_line(&mut line).expect("it says where it is");
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let folder =
            std::env::temp_dir().join(format!("lumabill-tokens-{}-{}", std::process::id(), child.id()));
        Self {
            program: program.to_owned(),
            child,
            url: text(&ready["url"]),
            key: text(&ready["keys"]["read_write"]),
            profile: text(&ready["profiles"][0]["id"]),
            folder,
        }
    }

    /// Of a program of ours: a key for these books, unless it brings a sandbox of its own.
    pub fn environment(&self, own_sandbox: bool) -> Vec<(String, String)> {
        let folder = self.folder.display();
        let mut environment = vec![
            ("LUMABILL_CONFIG_DIR", format!("{folder}/config")),
            ("LUMABILL_STATE_DIR", format!("{folder}/state")),
            ("HOME", format!("{folder}/home")),
        ];
        if !own_sandbox {
            environment.extend([
                ("LUMABILL_API_KEY", self.key.clone()),
                ("LUMABILL_API_URL", self.url.clone()),
                ("LUMABILL_PROFILE_ID", self.profile.clone()),
                ("LUMABILL_RATE_LIMIT", "off".to_owned()),
            ]);
        }
        environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// A folder for files, gone with the books.
    pub fn folder(&self) -> String {
        std::fs::create_dir_all(&self.folder).expect("a folder");
        self.folder.display().to_string()
    }

    /// The body of an answer.
    pub fn get(&self, target: &str) -> String {
        self.send("GET", target, "")
    }

    pub fn post(&self, target: &str, body: &Value) -> String {
        self.send("POST", target, &body.to_string())
    }

    fn send(&self, method: &str, target: &str, body: &str) -> String {
        let mut stream =
            TcpStream::connect(self.url.trim_start_matches("http://")).expect("the sandbox listens");
        let (key, profile, length) = (&self.key, &self.profile, body.len());
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer {key}\r\nx-profile-id: {profile}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {target}: {answer}");
        body.to_owned()
    }

    /// The first record of a list that fits.
    pub fn first(&self, target: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let list: Value = serde_json::from_str(&self.get(target)).expect("JSON");
        let rows = list["data"].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(fits).unwrap_or_else(|| panic!("nothing in {target} fits"))
    }

    /// Adds invoices until there are so many.
    pub fn fill(&self, wanted: usize) {
        let list: Value = serde_json::from_str(&self.get("/v1/invoices?limit=100")).expect("JSON");
        let there = list["data"].as_array().map_or(0, Vec::len);
        let clients: Value = serde_json::from_str(&self.get("/v1/clients?limit=100")).expect("JSON");
        let clients = clients["data"].as_array().cloned().unwrap_or_default();
        for number in there..wanted {
            let lines = json!([
                { "description": "Consulting", "quantity": 2 + number % 7, "price": 180 },
                { "description": "Travel", "quantity": 1, "price": 45.5 },
            ]);
            let client = &clients[number % clients.len()]["id"];
            self.post("/v1/invoices", &json!({ "client_id": client, "lines": lines }));
        }
    }

    /// One tool for each operation of the API's description, with its parameters and its body.
    pub fn plain_tools(&self) -> Value {
        let description: Value = serde_json::from_str(&self.get("/openapi.json")).expect("JSON");
        let mut tools = Vec::new();
        for (path, operations) in description["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                    continue;
                }
                let name = operation["operationId"]
                    .as_str()
                    .map_or_else(|| format!("{method} {path}"), str::to_owned);
                let about =
                    operation["description"].as_str().or(operation["summary"].as_str()).unwrap_or_default();
                tools.push(json!({
                    "name": name, "description": about,
                    "inputSchema": { "type": "object", "properties": properties(&description, operations, operation) },
                }));
            }
        }
        Value::Array(tools)
    }
}

/// What an operation takes: its own parameters and the path's, and the fields of its body.
fn properties(description: &Value, path: &Value, operation: &Value) -> Map<String, Value> {
    let mut properties = Map::new();
    let parameters = [&path["parameters"], &operation["parameters"]];
    for parameter in parameters.into_iter().filter_map(Value::as_array).flatten() {
        let parameter = resolved(description, parameter, 4);
        if let Some(name) = parameter["name"].as_str() {
            properties.insert(name.to_owned(), parameter["schema"].clone());
        }
    }
    let content = operation["requestBody"]["content"].as_object();
    if let Some(body) = content.and_then(|content| content.values().next()) {
        properties.insert("body".to_owned(), resolved(description, &body["schema"], 6));
    }
    properties
}

/// The same with references put in, so many levels deep.
fn resolved(description: &Value, value: &Value, depth: usize) -> Value {
    if let (Some(reference), true) = (value["$ref"].as_str(), depth > 0) {
        let target = description.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
        return resolved(description, target, depth - 1);
    }
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), resolved(description, value, depth))).collect()
        }
        Value::Array(items) => items.iter().map(|item| resolved(description, item, depth)).collect(),
        other => other.clone(),
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
