
use builtin;
use str;

set edit:completion:arg-completer[lumabill] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'lumabill'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'lumabill'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand login 'Store the key of a billing service in the system''s keyring, or sign in there, after checking that it works'
            cand logout 'Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made'
            cand status 'Show the accounts, where their keys are stored, and what they may do'
            cand serve 'Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout'
            cand tools 'Show the tools that would be served, or one tool''s schema'
            cand call 'Call one tool, as the assistant would; without a tool: list them by topic'
            cand sandbox 'Run the built-in billing API by itself; prints its address and keys'
            cand install 'Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else'
            cand uninstall 'Take lumabill out of the configuration of MCP clients, and leave the rest as it is'
            cand doctor 'Check everything that lumabill needs here, and say what to do'
            cand history 'Show what was written through this machine, by whom, and what became of it'
            cand config 'Show or change settings; what is set here binds every client, whose flags can only tighten it'
            cand spec 'Compare the vendor''s OpenAPI file with what our tools expect, and talk to the API as the file says'
            cand completions 'Print the completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'lumabill;login'= {
            cand --account 'Name under which the key is kept; several accounts live side by side'
            cand --service 'What the key is for: lumabill, lumabill-hosted, billbot, faktoora, billstride, or the address of an MCP server'
            cand --api-url 'Address of the service, where it is another than its own'
            cand --profile-id 'Fix the account to this profile (company) of Lumabill: id or name'
            cand --header 'Send the key in the header of this name, to a server that is given by its address'
            cand --tenant 'Work in this one of the accounts that a key of faktoora opens'
            cand --ca-file 'PEM file with a certificate authority to trust for this account, besides the system''s'
            cand --spec 'The API''s own OpenAPI description, a file or an address: as `lumabill spec use`, already for this login'
            cand --with-token 'Read the key from standard input instead of asking for it'
            cand --insecure-storage 'Keep the key in a file that only you can read, where there is no keyring'
            cand --no-verify 'Store the key without asking the service about it'
            cand --no-browser 'Print the address of a sign-in instead of opening the browser'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;logout'= {
            cand --account 'Account whose key is removed'
            cand --all 'Remove the keys of all accounts'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;status'= {
            cand --json 'Print JSON instead: a list `accounts`, keys masked'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;serve'= {
            cand --account 'The account to use, as `lumabill status` names it; several serve several at once'
            cand --toolsets 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra'
            cand --tools 'Further tools by name'
            cand --confirm 'When a person is asked first: before every write, before destructive ones, or never'
            cand --profile-id 'Work in this profile (company) only'
            cand --files 'A folder from which files may be read'
            cand --sandbox 'Use the built-in practice API instead of an account'
            cand --read-only 'Serve no tool that changes anything'
            cand --lean 'Serve four tools that find, describe and run the others, for clients with little room'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;tools'= {
            cand --accept 'Accept tools of a remote server as they are defined now, after showing what changed; without a name, you are asked'
            cand --account 'The account to use, as `lumabill status` names it; several serve several at once'
            cand --toolsets 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra'
            cand --tools 'Further tools by name'
            cand --confirm 'When a person is asked first: before every write, before destructive ones, or never'
            cand --profile-id 'Work in this profile (company) only'
            cand --files 'A folder from which files may be read'
            cand --all 'With `--accept`: all of them, without being asked'
            cand --json 'Print as JSON, as `tools/list` has it'
            cand --sandbox 'Use the built-in practice API instead of an account'
            cand --read-only 'Serve no tool that changes anything'
            cand --lean 'Serve four tools that find, describe and run the others, for clients with little room'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;call'= {
            cand --args 'All arguments as one JSON object; `-` reads it from standard input'
            cand --account 'The account to use, as `lumabill status` names it; several serve several at once'
            cand --toolsets 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra'
            cand --tools 'Further tools by name'
            cand --confirm 'When a person is asked first: before every write, before destructive ones, or never'
            cand --profile-id 'Work in this profile (company) only'
            cand --files 'A folder from which files may be read'
            cand --dry-run 'Show what would be sent, and send nothing'
            cand --json 'Print the exact result as JSON'
            cand --sandbox 'Use the built-in practice API instead of an account'
            cand --read-only 'Serve no tool that changes anything'
            cand --lean 'Serve four tools that find, describe and run the others, for clients with little room'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;sandbox'= {
            cand --port 'Port on 127.0.0.1; 0 takes a free one'
            cand --data 'File that keeps the records, or `:memory:` to forget them at the end'
            cand --rounding 'Round VAT on every line or on the document'
            cand --limits 'Requests a minute and key: READS/WRITES, or `off`'
            cand --today 'Hold the clock on a day, as in 2026-11-21'
            cand --fault 'Misbehave: KIND[:N][@WHERE], repeatable'
            cand --reset 'Empty the data file and fill it with the sample companies again'
            cand --trace 'Write one line a request to stderr: status, method, path, time'
            cand --json 'Print one line of JSON instead of a text'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;install'= {
            cand --account 'Serve this account; given several times, several at once'
            cand --toolsets 'Serve these toolsets, as `lumabill serve` takes them'
            cand --all 'Every client that was found on this machine'
            cand --project 'The file in this project''s folder instead of your own'
            cand --print 'Write nothing: print the entry, to be pasted'
            cand --sandbox 'A second entry, `lumabill-sandbox`, that serves the built-in practice API'
            cand --read-only 'Serve no tool that changes anything'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;uninstall'= {
            cand --all 'Every client that has an entry of ours'
            cand --project 'The file in this project''s folder instead of your own'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;doctor'= {
            cand --json 'Print JSON instead: a list `checks`'
            cand --fix 'Mend what can be mended, asking before each step'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;history'= {
            cand --since 'From when on: `today`, `yesterday`, `12h`, `7d`, a day or an RFC 3339 time [default: 30d]'
            cand --forget 'Remove what is settled and older than this, in the forms of `--since` or `now`; open writes stay'
            cand --json 'Print one JSON object instead: a list `changes`, open ones first'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand settle 'Say what became of a write whose answer was lost, after a look into the books'
        }
        &'lumabill;history;settle'= {
            cand --created 'It took effect, and this is the id of its record'
            cand --not-created 'It did not take effect'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;config'= {
            cand --account 'Account whose `profile` or `reads` is meant'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;spec'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand show 'Show which description is in use, and what it changes'
            cand check 'Compare a description with the tools, and change nothing'
            cand use 'Keep a description: tools take its paths and names, and what is new in it becomes further tools'
            cand reset 'Forget the description: tools take the built-in paths and names again'
        }
        &'lumabill;spec;show'= {
            cand --account 'The account that it is for, as `lumabill status` names it'
            cand --json 'Print one JSON object instead'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;spec;check'= {
            cand --account 'The account that it is for, as `lumabill status` names it'
            cand --discover 'Try the usual places below the account''s own address instead'
            cand --json 'Print one JSON object instead'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;spec;use'= {
            cand --account 'The account that it is for, as `lumabill status` names it'
            cand --discover 'Try the usual places below the account''s own address instead'
            cand --json 'Print one JSON object instead'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;spec;reset'= {
            cand --account 'The account that it is for, as `lumabill status` names it'
            cand --json 'Print one JSON object instead'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;completions'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'lumabill;help'= {
            cand login 'Store the key of a billing service in the system''s keyring, or sign in there, after checking that it works'
            cand logout 'Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made'
            cand status 'Show the accounts, where their keys are stored, and what they may do'
            cand serve 'Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout'
            cand tools 'Show the tools that would be served, or one tool''s schema'
            cand call 'Call one tool, as the assistant would; without a tool: list them by topic'
            cand sandbox 'Run the built-in billing API by itself; prints its address and keys'
            cand install 'Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else'
            cand uninstall 'Take lumabill out of the configuration of MCP clients, and leave the rest as it is'
            cand doctor 'Check everything that lumabill needs here, and say what to do'
            cand history 'Show what was written through this machine, by whom, and what became of it'
            cand config 'Show or change settings; what is set here binds every client, whose flags can only tighten it'
            cand spec 'Compare the vendor''s OpenAPI file with what our tools expect, and talk to the API as the file says'
            cand completions 'Print the completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'lumabill;help;login'= {
        }
        &'lumabill;help;logout'= {
        }
        &'lumabill;help;status'= {
        }
        &'lumabill;help;serve'= {
        }
        &'lumabill;help;tools'= {
        }
        &'lumabill;help;call'= {
        }
        &'lumabill;help;sandbox'= {
        }
        &'lumabill;help;install'= {
        }
        &'lumabill;help;uninstall'= {
        }
        &'lumabill;help;doctor'= {
        }
        &'lumabill;help;history'= {
            cand settle 'Say what became of a write whose answer was lost, after a look into the books'
        }
        &'lumabill;help;history;settle'= {
        }
        &'lumabill;help;config'= {
        }
        &'lumabill;help;spec'= {
            cand show 'Show which description is in use, and what it changes'
            cand check 'Compare a description with the tools, and change nothing'
            cand use 'Keep a description: tools take its paths and names, and what is new in it becomes further tools'
            cand reset 'Forget the description: tools take the built-in paths and names again'
        }
        &'lumabill;help;spec;show'= {
        }
        &'lumabill;help;spec;check'= {
        }
        &'lumabill;help;spec;use'= {
        }
        &'lumabill;help;spec;reset'= {
        }
        &'lumabill;help;completions'= {
        }
        &'lumabill;help;help'= {
        }
    ]
    $completions[$command]
}
