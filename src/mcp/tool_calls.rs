//! `tools/list` and `tools/call`.

use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;
use serde_json::{Map, Value};

use super::asking::{self, Client};
use super::beside_tools::one_page;
use super::calling::{self, What};
use super::listing;
use super::passing;
use super::provider::ToolProvider;
use super::reply::{self, Reply};
use super::rounds;
use super::server::Server;
use crate::failure::Failure;
use crate::gateway::Outcome;

impl<P: ToolProvider> Server<P> {
    pub fn list_tools(&self, params: &Map<String, Value>, modern: bool) -> Result<Reply, ErrorData> {
        one_page(params)?;
        let made = |provider: &P| listing::tools(&provider.tools(), modern.then(|| self.identity()));
        self.listed(modern, made).map(Reply::Prepared)
    }

    pub async fn call_tool(
        &self,
        mut params: Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, ErrorData> {
        let Some(Value::String(tool)) = params.remove("name") else {
            let message = "tools/call needs `name`, the name of a tool as a string";
            return Err(ErrorData::invalid_params(message, None));
        };
        let arguments = match params.remove("arguments") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(arguments)) => arguments,
            Some(_) => {
                return Err(ErrorData::invalid_params("`arguments` of tools/call must be an object", None));
            }
        };
        let answered = asking::carried(&mut params);
        let (client, ticket) = (Client::of(context), rounds::ticket(context)?);
        let outcome = if ticket.running.is_none() {
            Outcome::Failed(calling::not_started(&tool))
        } else {
            let what = What::Tool(tool.clone(), arguments);
            let outcome = self.conduct(what, answered, &client, context).await?;
            outcome.ok_or_else(|| ErrorData::internal_error("a call without an outcome", None))?
        };
        let meta = self.meta(client.modern);
        match outcome {
            Outcome::Done(mut done) => {
                ticket.keep(done.receipt.take());
                Ok(Reply::Result(reply::done(done, meta)))
            }
            Outcome::Passed(passed) => {
                ticket.keep(passed.receipt);
                Ok(passing::passed("tools/call", passed.result, meta))
            }
            Outcome::Rejected(error) => Ok(passing::rejected("tools/call", error, client.modern)),
            Outcome::Failed(failure) => self.failed(&failure, &tool, meta),
            Outcome::Ask(question) => {
                let asked = asking::input_required(question, &client, self.identity());
                Ok(Reply::Result(asked))
            }
        }
    }

    fn failed(
        &self,
        failure: &Failure,
        tool: &str,
        meta: Option<Map<String, Value>>,
    ) -> Result<Reply, ErrorData> {
        if failure.code == "unknown_tool" {
            let tools = self.provider().tools();
            // One that runs others is known, whatever it was asked to run.
            if tools.iter().all(|listed| listed.name != tool) {
                return Err(reply::unknown_tool(failure, tool, &tools));
            }
        }
        Ok(Reply::Result(reply::failed(failure, meta)))
    }
}
