//! The billing API of the benchmark: about 1 KB of JSON, answered at once, on a thread of its own; and the
//! bare client that the servers are held against.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One record, about 1 KB.
const CLIENT: &str = concat!(
    r#"{"id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","number":"K-1001","name":"Muster AG","email":"billing@example.com","#,
    r#""phone":"+41 44 000 00 00","website":"https://example.com","uid":"CHE-123.456.788","vat_number":"CHE-123.456.788 MWST","#,
    r#""street":"Bahnhofstrasse","house_number":"1","postal_code":"8001","city":"Zürich","country":"CH","language":"de","#,
    r#""currency":"CHF","payment_terms_days":30,"discount_percent":"0","hourly_rate":"180.00","contact_person":"Erika Muster","#,
    r#""notes":"Invoices go to the project lead; the order number belongs into the reference. Pays within two weeks as a rule.","#,
    r#""tags":["retainer","consulting","zurich"],"archived":false,"invoice_count":12,"open_amount":"583.75","#,
    r#""total_revenue":"48210.35","last_invoice_date":"2026-10-31","default_tax_rate":"8.1","delivery":"email","#,
    r#""created_at":"2025-09-12T08:15:30Z","updated_at":"2026-11-02T14:02:11Z","profile_id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","#,
    r#""address":{"street":"Bahnhofstrasse 1","postal_code":"8001","city":"Zürich","country":"CH"},"custom":{"cost_center":"4400"}}"#
);

pub struct Upstream {
    pub url: String,
}

/// Starts it on a free loopback port.
pub fn start() -> Upstream {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            send.send(address).expect("the driver listens");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
    });
    Upstream { url: format!("http://{}", receive.recv().expect("the upstream starts")) }
}

impl Upstream {
    /// The address that the reference gets.
    pub fn record(&self) -> String {
        format!("{}/v1/clients/6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01", self.url)
    }

    pub fn client(&self) -> Client {
        let (runtime, http) = client();
        Client { runtime, http, url: self.record() }
    }
}

/// A bare HTTP client and the runtime that it works on.
pub fn client() -> (tokio::runtime::Runtime, reqwest::Client) {
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let http =
        reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    (runtime, http)
}

/// One record, as the API sends it.
pub fn record() -> &'static str {
    CLIENT
}

/// Keep-alive, one request at a time: all that a GET has to cost.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub fn get(&mut self) -> Duration {
        let began = Instant::now();
        let body = self.runtime.block_on(async { self.http.get(&self.url).send().await?.text().await });
        let took = began.elapsed();
        assert_eq!(body.expect("an answer").len(), CLIENT.len());
        took
    }
}

/// Answers one connection until it is closed. Requests without bodies only, which is what reads are.
async fn answer(mut stream: TcpStream) {
    drop(stream.set_nodelay(true));
    let record = reply(CLIENT);
    let profiles = reply(
        r#"{"data":[{"id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","name":"Muster Consulting GmbH"}],"total":1}"#,
    );
    let invoices = reply(&invoices());
    let mut buffer = Vec::with_capacity(4096);
    loop {
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        while let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = match &buffer[..end] {
                head if head.starts_with(b"GET /v1/profiles") => &profiles,
                head if head.starts_with(b"GET /v1/invoices") => &invoices,
                _ => &record,
            };
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
            buffer.drain(..end + 4);
        }
    }
}

fn reply(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A list of 100 invoices as an API would send it, each with its lines.
pub fn invoices() -> String {
    let rows: Vec<String> = (1..=100).map(invoice).collect();
    format!(
        r#"{{"data":[{}],"pagination":{{"page":1,"per_page":100,"total":100,"total_pages":1}}}}"#,
        rows.join(",")
    )
}

fn invoice(number: u32) -> String {
    let (day, net) = (number % 28 + 1, number * 150);
    let tax = f64::from(net) * 0.081;
    format!(
        concat!(
            r#"{{"id":"1f3b6c1e-0000-4000-8000-{n:012}","number":"IV-{n:03}","status":"sent","client_id":"6f1d8e0a-2a57-4a0e-9d55-0a4c2b1f7e01","#,
            r#""client_name":"Muster AG","issue_date":"2026-10-{day:02}","due_date":"2026-11-{day:02}","supply_date":"2026-10-{day:02}","currency":"CHF","#,
            r#""language":"de","net_amount":"{net}.00","tax_amount":"{tax:.2}","total":"{total:.2}","amount_paid":"0.00","amount_due":"{total:.2}","#,
            r#""reference":"RF18539007547034","notes":"Thank you for your business.","footer":null,"payment_terms_days":30,"profile_id":"0b7e1a52-93c4-4c39-8a55-1d2f00c0a001","#,
            r#""lines":[{{"id":"2a3b6c1e-0000-4000-8000-{n:012}","position":1,"description":"Consulting, October","quantity":"{n}","unit":"h","unit_price":"150.00","tax_rate":"8.1","net_amount":"{net}.00","catalog_item_id":null}}],"#,
            r#""sent_at":"2026-10-{day:02}T09:00:00Z","paid_at":null,"created_at":"2026-10-{day:02}T08:15:30Z","updated_at":"2026-10-{day:02}T09:00:00Z"}}"#
        ),
        n = number,
        day = day,
        net = net,
        tax = tax,
        total = f64::from(net) + tax,
    )
}
