# Recipes for people who work on lumabill; the README needs none of them.

# What CI runs.
check:
    bash .ci/run

# All tests; installs what they need.
test:
    ./tests/run

# Writes the golden files anew; read the difference before it is committed.
golden:
    UPDATE_GOLDEN=1 cargo test --locked golden

# lumabill beside a bare MCP server and a bare client, against the budgets; ten minutes on two cores.
bench:
    tests/install-tools.sh
    cargo build --locked --release --bin lumabill
    cargo build --locked --release --example bare --example byte_bridge --example bench
    target/release/examples/bench target/release

# What an assistant pays: lists, a hundred invoices and everyday tasks, kept in docs/tokens.md.
tokens:
    tests/install-tools.sh
    cargo build --locked --bin lumabill --example tokens
    target/debug/examples/tokens target/debug > docs/tokens.md.new
    mv docs/tokens.md.new docs/tokens.md
    cat docs/tokens.md

# Ten thousand creates by three processes under fire: prints what was written twice (nothing). About 16 minutes.
campaign *options:
    cargo build --locked --release --bin lumabill
    cargo build --locked --release --example campaign
    target/release/examples/campaign --lumabill target/release/lumabill --creates 10000 --faults-for 720 {{options}}

# The embedded billing API by itself; prints its address and keys.
sandbox *options:
    cargo run --locked --quiet -- sandbox {{options}}

# An MCP server on the sandbox, for a client that wants a command to start.
serve-sandbox *options:
    cargo run --locked --quiet -- serve --sandbox {{options}}

# The official conformance suite of MCP, against the built binary, in both revisions; half a minute once it is installed.
conformance:
    tests/conformance/run

# The sandbox against its own OpenAPI file.
schemathesis:
    tests/schemathesis.sh

# Before a release, of the last commit: builds and packs it as dist does, looks at what is in it, builds it a second time
# for the same bytes (`--once` leaves that out), and walks a stranger's path. Twenty minutes on two idle cores.
release-check *options:
    cargo test --locked --test dependencies --test architecture --test release
    tests/release/check {{options}}

# The release workflow anew, after a change to dist-workspace.toml or .github/build-setup.yml.
release-workflow:
    tests/release/generate

# The real clients from npm and PyPI against `lumabill serve`, offline but for installing them; prints one table.
clients *options:
    tests/install-tools.sh
    cargo build --locked --bin lumabill
    python3 tests/clients/run.py {{options}}

# Third-party servers from npm and PyPI as they answer directly, beside the same through `lumabill serve`.
bridge *options:
    tests/install-tools.sh
    cargo build --locked --bin lumabill
    python3 tests/bridge/run.py {{options}}

# The MCPB bundle for Claude Desktop, of a release build for this machine; prints where it is.
bundle target=`rustc -vV | sed -n 's/^host: //p'`:
    tests/install-tools.sh
    cargo build --locked --release --bin lumabill
    mcpb/pack.py {{target}}=target/release/lumabill

# Does it compile for Windows, macOS and musl, and does the Windows program work in wine; ten minutes the first time.
platforms:
    tests/platforms.sh

# Random variants of the API's description, N of each level (about 7 s each), or one as LEVEL:SEED: does `spec use` make every prompt work?
variants N="67":
    LUMABILL_VARIANTS={{N}} cargo test --locked --test e2e all_prompts_work_again -- --nocapture
