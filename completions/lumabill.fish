# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_lumabill_global_optspecs
    string join \n h/help V/version
end

function __fish_lumabill_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_lumabill_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_lumabill_using_subcommand
    set -l cmd (__fish_lumabill_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c lumabill -n "__fish_lumabill_needs_command" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_needs_command" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "login" -d 'Store the key of a billing service in the system\'s keyring, or sign in there, after checking that it works'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "logout" -d 'Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "status" -d 'Show the accounts, where their keys are stored, and what they may do'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "serve" -d 'Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "tools" -d 'Show the tools that would be served, or one tool\'s schema'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "call" -d 'Call one tool, as the assistant would; without a tool: list them by topic'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "sandbox" -d 'Run the built-in billing API by itself; prints its address and keys'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "install" -d 'Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "uninstall" -d 'Take lumabill out of the configuration of MCP clients, and leave the rest as it is'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "doctor" -d 'Check everything that lumabill needs here, and say what to do'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "history" -d 'Show what was written through this machine, by whom, and what became of it'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "config" -d 'Show or change settings; what is set here binds every client, whose flags can only tighten it'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "spec" -d 'Compare the vendor\'s OpenAPI file with what our tools expect, and talk to the API as the file says'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c lumabill -n "__fish_lumabill_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l account -d 'Name under which the key is kept; several accounts live side by side' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l service -d 'What the key is for: lumabill, lumabill-hosted, billbot, faktoora, billstride, or the address of an MCP server' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l api-url -d 'Address of the service, where it is another than its own' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l profile-id -d 'Fix the account to this profile (company) of Lumabill: id or name' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l header -d 'Send the key in the header of this name, to a server that is given by its address' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l tenant -d 'Work in this one of the accounts that a key of faktoora opens' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l ca-file -d 'PEM file with a certificate authority to trust for this account, besides the system\'s' -r -F
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l spec -d 'The API\'s own OpenAPI description, a file or an address: as `lumabill spec use`, already for this login' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l with-token -d 'Read the key from standard input instead of asking for it'
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l insecure-storage -d 'Keep the key in a file that only you can read, where there is no keyring'
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l no-verify -d 'Store the key without asking the service about it'
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -l no-browser -d 'Print the address of a sign-in instead of opening the browser'
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand login" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand logout" -l account -d 'Account whose key is removed' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand logout" -l all -d 'Remove the keys of all accounts'
complete -c lumabill -n "__fish_lumabill_using_subcommand logout" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand logout" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand status" -l json -d 'Print JSON instead: a list `accounts`, keys masked'
complete -c lumabill -n "__fish_lumabill_using_subcommand status" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand status" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l account -d 'The account to use, as `lumabill status` names it; several serve several at once' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l toolsets -d 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l tools -d 'Further tools by name' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l confirm -d 'When a person is asked first: before every write, before destructive ones, or never' -r -f -a "never\t'Nothing is asked'
destructive\t'Before what cannot be undone, or moves money or mail'
writes\t'Before every write'"
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l profile-id -d 'Work in this profile (company) only' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l files -d 'A folder from which files may be read' -r -F
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l sandbox -d 'Use the built-in practice API instead of an account'
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l read-only -d 'Serve no tool that changes anything'
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -l lean -d 'Serve four tools that find, describe and run the others, for clients with little room'
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand serve" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l accept -d 'Accept tools of a remote server as they are defined now, after showing what changed; without a name, you are asked' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l account -d 'The account to use, as `lumabill status` names it; several serve several at once' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l toolsets -d 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l tools -d 'Further tools by name' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l confirm -d 'When a person is asked first: before every write, before destructive ones, or never' -r -f -a "never\t'Nothing is asked'
destructive\t'Before what cannot be undone, or moves money or mail'
writes\t'Before every write'"
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l profile-id -d 'Work in this profile (company) only' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l files -d 'A folder from which files may be read' -r -F
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l all -d 'With `--accept`: all of them, without being asked'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l json -d 'Print as JSON, as `tools/list` has it'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l sandbox -d 'Use the built-in practice API instead of an account'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l read-only -d 'Serve no tool that changes anything'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -l lean -d 'Serve four tools that find, describe and run the others, for clients with little room'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand tools" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l args -d 'All arguments as one JSON object; `-` reads it from standard input' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l account -d 'The account to use, as `lumabill status` names it; several serve several at once' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l toolsets -d 'Tools by topic: `default`, `all`, or some of invoicing, contacts, expenses, catalog, bookkeeping, banking, reports, settings, extra' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l tools -d 'Further tools by name' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l confirm -d 'When a person is asked first: before every write, before destructive ones, or never' -r -f -a "never\t'Nothing is asked'
destructive\t'Before what cannot be undone, or moves money or mail'
writes\t'Before every write'"
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l profile-id -d 'Work in this profile (company) only' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l files -d 'A folder from which files may be read' -r -F
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l dry-run -d 'Show what would be sent, and send nothing'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l json -d 'Print the exact result as JSON'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l sandbox -d 'Use the built-in practice API instead of an account'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l read-only -d 'Serve no tool that changes anything'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -l lean -d 'Serve four tools that find, describe and run the others, for clients with little room'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand call" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l port -d 'Port on 127.0.0.1; 0 takes a free one' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l data -d 'File that keeps the records, or `:memory:` to forget them at the end' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l rounding -d 'Round VAT on every line or on the document' -r -f -a "line\t'VAT is rounded on every line'
document\t'VAT is rounded on the sum of each rate'"
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l limits -d 'Requests a minute and key: READS/WRITES, or `off`' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l today -d 'Hold the clock on a day, as in 2026-11-21' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l fault -d 'Misbehave: KIND[:N][@WHERE], repeatable' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l reset -d 'Empty the data file and fill it with the sample companies again'
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l trace -d 'Write one line a request to stderr: status, method, path, time'
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -l json -d 'Print one line of JSON instead of a text'
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand sandbox" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l account -d 'Serve this account; given several times, several at once' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l toolsets -d 'Serve these toolsets, as `lumabill serve` takes them' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l all -d 'Every client that was found on this machine'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l project -d 'The file in this project\'s folder instead of your own'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l print -d 'Write nothing: print the entry, to be pasted'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l sandbox -d 'A second entry, `lumabill-sandbox`, that serves the built-in practice API'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -l read-only -d 'Serve no tool that changes anything'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand install" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand uninstall" -l all -d 'Every client that has an entry of ours'
complete -c lumabill -n "__fish_lumabill_using_subcommand uninstall" -l project -d 'The file in this project\'s folder instead of your own'
complete -c lumabill -n "__fish_lumabill_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand uninstall" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand doctor" -l json -d 'Print JSON instead: a list `checks`'
complete -c lumabill -n "__fish_lumabill_using_subcommand doctor" -l fix -d 'Mend what can be mended, asking before each step'
complete -c lumabill -n "__fish_lumabill_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and not __fish_seen_subcommand_from settle" -l since -d 'From when on: `today`, `yesterday`, `12h`, `7d`, a day or an RFC 3339 time [default: 30d]' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and not __fish_seen_subcommand_from settle" -l forget -d 'Remove what is settled and older than this, in the forms of `--since` or `now`; open writes stay' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and not __fish_seen_subcommand_from settle" -l json -d 'Print one JSON object instead: a list `changes`, open ones first'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and not __fish_seen_subcommand_from settle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and not __fish_seen_subcommand_from settle" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and not __fish_seen_subcommand_from settle" -f -a "settle" -d 'Say what became of a write whose answer was lost, after a look into the books'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and __fish_seen_subcommand_from settle" -l created -d 'It took effect, and this is the id of its record' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and __fish_seen_subcommand_from settle" -l not-created -d 'It did not take effect'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and __fish_seen_subcommand_from settle" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand history; and __fish_seen_subcommand_from settle" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand config" -l account -d 'Account whose `profile` or `reads` is meant' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand config" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand config" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and not __fish_seen_subcommand_from show check use reset" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and not __fish_seen_subcommand_from show check use reset" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and not __fish_seen_subcommand_from show check use reset" -f -a "show" -d 'Show which description is in use, and what it changes'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and not __fish_seen_subcommand_from show check use reset" -f -a "check" -d 'Compare a description with the tools, and change nothing'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and not __fish_seen_subcommand_from show check use reset" -f -a "use" -d 'Keep a description: tools take its paths and names, and what is new in it becomes further tools'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and not __fish_seen_subcommand_from show check use reset" -f -a "reset" -d 'Forget the description: tools take the built-in paths and names again'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from show" -l account -d 'The account that it is for, as `lumabill status` names it' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object instead'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from check" -l account -d 'The account that it is for, as `lumabill status` names it' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from check" -l discover -d 'Try the usual places below the account\'s own address instead'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object instead'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from use" -l account -d 'The account that it is for, as `lumabill status` names it' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from use" -l discover -d 'Try the usual places below the account\'s own address instead'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from use" -l json -d 'Print one JSON object instead'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from use" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from reset" -l account -d 'The account that it is for, as `lumabill status` names it' -r
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from reset" -l json -d 'Print one JSON object instead'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand spec; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand completions" -s h -l help -d 'Print help'
complete -c lumabill -n "__fish_lumabill_using_subcommand completions" -s V -l version -d 'Print version'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "login" -d 'Store the key of a billing service in the system\'s keyring, or sign in there, after checking that it works'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "logout" -d 'Remove the stored key or sign-in of an account; a key itself works until you revoke it where it was made'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "status" -d 'Show the accounts, where their keys are stored, and what they may do'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "serve" -d 'Serve the billing tools to an AI assistant, as an MCP server on stdin and stdout'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "tools" -d 'Show the tools that would be served, or one tool\'s schema'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "call" -d 'Call one tool, as the assistant would; without a tool: list them by topic'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "sandbox" -d 'Run the built-in billing API by itself; prints its address and keys'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "install" -d 'Let MCP clients start lumabill: adds one entry to their configuration, and changes nothing else'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "uninstall" -d 'Take lumabill out of the configuration of MCP clients, and leave the rest as it is'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "doctor" -d 'Check everything that lumabill needs here, and say what to do'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "history" -d 'Show what was written through this machine, by whom, and what became of it'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "config" -d 'Show or change settings; what is set here binds every client, whose flags can only tighten it'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "spec" -d 'Compare the vendor\'s OpenAPI file with what our tools expect, and talk to the API as the file says'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and not __fish_seen_subcommand_from login logout status serve tools call sandbox install uninstall doctor history config spec completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and __fish_seen_subcommand_from history" -f -a "settle" -d 'Say what became of a write whose answer was lost, after a look into the books'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and __fish_seen_subcommand_from spec" -f -a "show" -d 'Show which description is in use, and what it changes'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and __fish_seen_subcommand_from spec" -f -a "check" -d 'Compare a description with the tools, and change nothing'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and __fish_seen_subcommand_from spec" -f -a "use" -d 'Keep a description: tools take its paths and names, and what is new in it becomes further tools'
complete -c lumabill -n "__fish_lumabill_using_subcommand help; and __fish_seen_subcommand_from spec" -f -a "reset" -d 'Forget the description: tools take the built-in paths and names again'
