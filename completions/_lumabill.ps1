
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'lumabill' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'lumabill'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'lumabill' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Store the key of a billing service in the system''s keyring, or sign in there, after checking that it works')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the accounts, where their keys are stored, and what they may do')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'Show the tools that would be served, or one tool''s schema')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call one tool, as the assistant would; without a tool: list them by topic')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Run the built-in billing API by itself; prints its address and keys')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Take lumabill out of the configuration of MCP clients, and leave the rest as it is')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check everything that lumabill needs here, and say what to do')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show what was written through this machine, by whom, and what became of it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show or change settings; what is set here binds every client, whose flags can only tighten it')
            [CompletionResult]::new('spec', 'spec', [CompletionResultType]::ParameterValue, 'Compare the vendor''s OpenAPI file with what our tools expect, and talk to the API as the file says')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lumabill;login' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Name under which the key is kept; several accounts live side by side')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'What the key is for: lumabill, lumabill-hosted, billbot, faktoora, billstride, or the address of an MCP server')
            [CompletionResult]::new('--api-url', '--api-url', [CompletionResultType]::ParameterName, 'Address of the service, where it is another than its own')
            [CompletionResult]::new('--profile-id', '--profile-id', [CompletionResultType]::ParameterName, 'Fix the account to this profile (company) of Lumabill: id or name')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send the key in the header of this name, to a server that is given by its address')
            [CompletionResult]::new('--tenant', '--tenant', [CompletionResultType]::ParameterName, 'Work in this one of the accounts that a key of faktoora opens')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'PEM file with a certificate authority to trust for this account, besides the system''s')
            [CompletionResult]::new('--spec', '--spec', [CompletionResultType]::ParameterName, 'The API''s own OpenAPI description, a file or an address: as `lumabill spec use`, already for this login')
            [CompletionResult]::new('--with-token', '--with-token', [CompletionResultType]::ParameterName, 'Read the key from standard input instead of asking for it')
            [CompletionResult]::new('--insecure-storage', '--insecure-storage', [CompletionResultType]::ParameterName, 'Keep the key in a file that only you can read, where there is no keyring')
            [CompletionResult]::new('--no-verify', '--no-verify', [CompletionResultType]::ParameterName, 'Store the key without asking the service about it')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the address of a sign-in instead of opening the browser')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;logout' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Account whose key is removed')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Remove the keys of all accounts')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;status' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON instead: a list `accounts`, keys masked')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;serve' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account to use, as `lumabill status` names it; several serve several at once')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Further tools by name')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'When a person is asked first: before every write, before destructive ones, or never')
            [CompletionResult]::new('--profile-id', '--profile-id', [CompletionResultType]::ParameterName, 'Work in this profile (company) only')
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'A folder from which files may be read')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in practice API instead of an account')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Serve no tool that changes anything')
            [CompletionResult]::new('--lean', '--lean', [CompletionResultType]::ParameterName, 'Serve four tools that find, describe and run the others, for clients with little room')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;tools' {
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Accept tools of a remote server as they are defined now, after showing what changed; without a name, you are asked')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account to use, as `lumabill status` names it; several serve several at once')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Further tools by name')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'When a person is asked first: before every write, before destructive ones, or never')
            [CompletionResult]::new('--profile-id', '--profile-id', [CompletionResultType]::ParameterName, 'Work in this profile (company) only')
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'A folder from which files may be read')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'With `--accept`: all of them, without being asked')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print as JSON, as `tools/list` has it')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in practice API instead of an account')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Serve no tool that changes anything')
            [CompletionResult]::new('--lean', '--lean', [CompletionResultType]::ParameterName, 'Serve four tools that find, describe and run the others, for clients with little room')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;call' {
            [CompletionResult]::new('--args', '--args', [CompletionResultType]::ParameterName, 'All arguments as one JSON object; `-` reads it from standard input')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account to use, as `lumabill status` names it; several serve several at once')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Further tools by name')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'When a person is asked first: before every write, before destructive ones, or never')
            [CompletionResult]::new('--profile-id', '--profile-id', [CompletionResultType]::ParameterName, 'Work in this profile (company) only')
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'A folder from which files may be read')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be sent, and send nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the exact result as JSON')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'Use the built-in practice API instead of an account')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Serve no tool that changes anything')
            [CompletionResult]::new('--lean', '--lean', [CompletionResultType]::ParameterName, 'Serve four tools that find, describe and run the others, for clients with little room')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;sandbox' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port on 127.0.0.1; 0 takes a free one')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'File that keeps the records, or `:memory:` to forget them at the end')
            [CompletionResult]::new('--rounding', '--rounding', [CompletionResultType]::ParameterName, 'Round VAT on every line or on the document')
            [CompletionResult]::new('--limits', '--limits', [CompletionResultType]::ParameterName, 'Requests a minute and key: READS/WRITES, or `off`')
            [CompletionResult]::new('--today', '--today', [CompletionResultType]::ParameterName, 'Hold the clock on a day, as in 2026-11-21')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Misbehave: KIND[:N][@WHERE], repeatable')
            [CompletionResult]::new('--reset', '--reset', [CompletionResultType]::ParameterName, 'Empty the data file and fill it with the sample companies again')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Write one line a request to stderr: status, method, path, time')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one line of JSON instead of a text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;install' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Serve this account; given several times, several at once')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Serve these toolsets, as `lumabill serve` takes them')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every client that was found on this machine')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The file in this project''s folder instead of your own')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Write nothing: print the entry, to be pasted')
            [CompletionResult]::new('--sandbox', '--sandbox', [CompletionResultType]::ParameterName, 'A second entry, `lumabill-sandbox`, that serves the built-in practice API')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Serve no tool that changes anything')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;uninstall' {
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every client that has an entry of ours')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The file in this project''s folder instead of your own')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;doctor' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON instead: a list `checks`')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend what can be mended, asking before each step')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;history' {
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From when on: `today`, `yesterday`, `12h`, `7d`, a day or an RFC 3339 time [default: 30d]')
            [CompletionResult]::new('--forget', '--forget', [CompletionResultType]::ParameterName, 'Remove what is settled and older than this, in the forms of `--since` or `now`; open writes stay')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object instead: a list `changes`, open ones first')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('settle', 'settle', [CompletionResultType]::ParameterValue, 'Say what became of a write whose answer was lost, after a look into the books')
            break
        }
        'lumabill;history;settle' {
            [CompletionResult]::new('--created', '--created', [CompletionResultType]::ParameterName, 'It took effect, and this is the id of its record')
            [CompletionResult]::new('--not-created', '--not-created', [CompletionResultType]::ParameterName, 'It did not take effect')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;config' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Account whose `profile` or `reads` is meant')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;spec' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show which description is in use, and what it changes')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Compare a description with the tools, and change nothing')
            [CompletionResult]::new('use', 'use', [CompletionResultType]::ParameterValue, 'Keep a description: tools take its paths and names, and what is new in it becomes further tools')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Forget the description: tools take the built-in paths and names again')
            break
        }
        'lumabill;spec;show' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account that it is for, as `lumabill status` names it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object instead')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;spec;check' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account that it is for, as `lumabill status` names it')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Try the usual places below the account''s own address instead')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object instead')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;spec;use' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account that it is for, as `lumabill status` names it')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Try the usual places below the account''s own address instead')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object instead')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;spec;reset' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'The account that it is for, as `lumabill status` names it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object instead')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lumabill;help' {
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Store the key of a billing service in the system''s keyring, or sign in there, after checking that it works')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the accounts, where their keys are stored, and what they may do')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'Show the tools that would be served, or one tool''s schema')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call one tool, as the assistant would; without a tool: list them by topic')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Run the built-in billing API by itself; prints its address and keys')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Take lumabill out of the configuration of MCP clients, and leave the rest as it is')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check everything that lumabill needs here, and say what to do')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show what was written through this machine, by whom, and what became of it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show or change settings; what is set here binds every client, whose flags can only tighten it')
            [CompletionResult]::new('spec', 'spec', [CompletionResultType]::ParameterValue, 'Compare the vendor''s OpenAPI file with what our tools expect, and talk to the API as the file says')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lumabill;help;login' {
            break
        }
        'lumabill;help;logout' {
            break
        }
        'lumabill;help;status' {
            break
        }
        'lumabill;help;serve' {
            break
        }
        'lumabill;help;tools' {
            break
        }
        'lumabill;help;call' {
            break
        }
        'lumabill;help;sandbox' {
            break
        }
        'lumabill;help;install' {
            break
        }
        'lumabill;help;uninstall' {
            break
        }
        'lumabill;help;doctor' {
            break
        }
        'lumabill;help;history' {
            [CompletionResult]::new('settle', 'settle', [CompletionResultType]::ParameterValue, 'Say what became of a write whose answer was lost, after a look into the books')
            break
        }
        'lumabill;help;history;settle' {
            break
        }
        'lumabill;help;config' {
            break
        }
        'lumabill;help;spec' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show which description is in use, and what it changes')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Compare a description with the tools, and change nothing')
            [CompletionResult]::new('use', 'use', [CompletionResultType]::ParameterValue, 'Keep a description: tools take its paths and names, and what is new in it becomes further tools')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Forget the description: tools take the built-in paths and names again')
            break
        }
        'lumabill;help;spec;show' {
            break
        }
        'lumabill;help;spec;check' {
            break
        }
        'lumabill;help;spec;use' {
            break
        }
        'lumabill;help;spec;reset' {
            break
        }
        'lumabill;help;completions' {
            break
        }
        'lumabill;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
