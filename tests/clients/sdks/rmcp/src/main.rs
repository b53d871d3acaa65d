//! rmcp's own client, as `serve` starts it, with elicitation and progress: what story.mjs and story.py tell, in Rust.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rmcp::handler::client::ClientHandler;
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, ElicitationCapability, Implementation, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext, RunningService};
use rmcp::transport::TokioChildProcess;
use rmcp::{ErrorData, RoleClient, ServiceExt};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

/// The driver holds it against Cargo.lock.
const VERSION: &str = "3.9.0";
const STORY_WITHIN: Duration = Duration::from_secs(80);
/// A server that ends at the end of its input is gone before rmcp sends SIGTERM.
const GONE_WITHIN: Duration = Duration::from_millis(1900);

/// Who answers questions: with no, until told otherwise.
#[derive(Default)]
struct Person {
    says_yes: AtomicBool,
    questions: Mutex<Vec<String>>,
    progress: AtomicUsize,
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(ElicitationCapability::default());
        ClientConfig::new(capabilities, Implementation::new("rmcp-client", VERSION))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, .. } = request else {
            return Err(ErrorData::invalid_params("only forms are shown", None));
        };
        self.questions.lock().unwrap().push(message);
        let yes = self.says_yes.load(Relaxed);
        let action = if yes { ElicitationAction::Accept } else { ElicitationAction::Decline };
        Ok(ElicitResult::new(action).with_content(json!({})))
    }

    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.fetch_add(1, Relaxed);
    }
}

struct Client(RunningService<RoleClient, Person>);

impl Client {
    async fn connect(job: &Value) -> Result<Self> {
        let mut command = Command::new(job["command"].as_str().context("no `command`")?);
        command.args(job["args"].as_array().context("no `args`")?.iter().filter_map(Value::as_str));
        for (name, value) in job["env"].as_object().context("no `env`")? {
            command.env(name, value.as_str().context("a variable that is no text")?);
        }
        Ok(Self(Person::default().serve(TokioChildProcess::new(command)?).await?))
    }

    fn person(&self) -> &Person {
        self.0.service()
    }

    /// Text, structured content, and whether the tool failed.
    async fn call(&self, tool: &'static str, arguments: Value) -> Result<(String, Value, bool)> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let result = self.0.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await?;
        let text = result.content.iter().filter_map(|block| block.as_text()).map(|block| block.text.as_str());
        let structured = result.structured_content.context("no structured content")?;
        Ok((text.collect::<Vec<_>>().join("\n"), structured, result.is_error == Some(true)))
    }

    /// The facts of a call that has to succeed, after a look that text and structured content hold the same.
    async fn facts(&self, tool: &'static str, arguments: Value) -> Result<Value> {
        let (text, structured, failed) = self.call(tool, arguments).await?;
        ensure!(!failed, "{tool}: {text}");
        ensure!(serde_json::from_str::<Value>(&text)? == structured, "{tool}: {structured} is not {text}");
        Ok(structured)
    }

    /// What the tool says of a call that has to fail.
    async fn refusal(&self, tool: &'static str, arguments: Value) -> Result<String> {
        let (text, structured, failed) = self.call(tool, arguments).await?;
        ensure!(failed, "{tool} was not refused: {text}");
        let message = structured["error"]["message"].as_str().context("no message")?;
        ensure!(text.contains(message), "{tool}: {message} is not in {text}");
        Ok(text)
    }
}

async fn story(line: &mut Value) -> Result<()> {
    let job: Value = serde_json::from_reader(std::io::stdin())?;
    let client = Client::connect(&job).await?;
    line["era"] = json!(client.0.peer_info().context("no answer to `initialize`")?.protocol_version);

    let tools = client.0.list_all_tools().await?;
    line["tools"] = json!(tools.len());
    let list = client.facts("list_invoices", json!({ "limit": 2 })).await?;
    line["listed"] = json!(list["items"].as_array().is_some_and(|items| items.len() == 2));
    let refused = client.refusal("list_invoices", json!({ "nonsense": 1 })).await?;
    ensure!(refused.contains("`list_invoices` has no argument `nonsense`"), "{refused}");

    line["invoice_id"] =
        client.facts("create_invoice", job["invoice"].clone()).await?["record"]["id"].clone();
    deletion(&client, job["invoice"].clone()).await?;
    line["confirmed_by"] = json!("elicitation");

    let start = Instant::now();
    client.0.cancel().await?;
    let took = start.elapsed();
    ensure!(took < GONE_WITHIN, "closing took {took:?}: the server did not end with its input");
    line["gone_ms"] = json!(took.as_millis() as u64);
    Ok(())
}

/// A second invoice is deleted after a yes and not before.
async fn deletion(client: &Client, mut invoice: Value) -> Result<()> {
    invoice["lines"][0]["price"] = json!(90);
    let draft = client.facts("create_invoice", invoice).await?["record"].take();
    let this = json!({ "id": draft["id"] });
    let number = draft["number"].as_str().context("no number")?;

    // A look-up by number reads the list, and says so to a client that wants to know.
    let before = client.person().progress.load(Relaxed);
    client.facts("get_invoice", json!({ "number": number })).await?;
    ensure!(client.person().progress.load(Relaxed) > before, "no progress was told");

    client.refusal("delete_invoice", this.clone()).await?;
    client.facts("get_invoice", this.clone()).await?;
    client.person().says_yes.store(true, Relaxed);
    client.facts("delete_invoice", this.clone()).await?;
    let questions = client.person().questions.lock().unwrap().clone();
    ensure!(questions.len() == 2 && questions.iter().all(|it| it.contains(number)), "{questions:?}");
    client.refusal("get_invoice", this).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut line = json!({
        "client": "rmcp", "version": VERSION, "era": null, "tools": 0, "listed": false,
        "invoice_id": null, "error": null,
    });
    let told = match timeout(STORY_WITHIN, story(&mut line)).await {
        Ok(told) => told,
        Err(late) => Err(late.into()),
    };
    if let Err(error) = &told {
        line["error"] = json!(format!("{error:#}"));
    }
    println!("{line}");
    if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
