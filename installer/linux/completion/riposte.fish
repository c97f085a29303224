# SPDX-License-Identifier: Apache-2.0
# Completion of riposte for fish; written by installer/linux/completion.sh.
complete -c riposte -f -n __fish_use_subcommand -a help -d "lists the subcommands, or explains one"
complete -c riposte -f -n __fish_use_subcommand -a serve -d 'run the service in the foreground'
complete -c riposte -f -n __fish_use_subcommand -a check -d 'check configuration files: every error, and what is surely not meant'
complete -c riposte -f -n __fish_use_subcommand -a run -d 'run an active response now, by its name or for a recorded alert'
complete -c riposte -f -n __fish_use_subcommand -a send -d 'give the service a message as a manager would send it'
complete -c riposte -f -n __fish_use_subcommand -a pending -d 'what is in force, since when, and for how long'
complete -c riposte -f -n __fish_use_subcommand -a undo -d 'undo now what is in force'
complete -c riposte -f -n __fish_use_subcommand -a extend -d 'move the time at which an action is undone'
complete -c riposte -f -n __fish_use_subcommand -a abandon -d 'give up undoing an action'
complete -c riposte -f -n __fish_use_subcommand -a forget -d 'forget repeat offenders'
complete -c riposte -f -n __fish_use_subcommand -a history -d 'what was asked for, what came of it, and whether it was undone'
complete -c riposte -f -n __fish_use_subcommand -a commands -d 'the names that can be asked for, and whether each can run here'
complete -c riposte -f -n __fish_use_subcommand -a status -d 'how the service is'
complete -c riposte -f -n __fish_use_subcommand -a reload -d 'make the service read its configuration again'
complete -c riposte -f -n __fish_use_subcommand -a service -d 'install, remove, start and stop the Windows service'
complete -c riposte -f -n __fish_use_subcommand -a enroll -d 'get this agent\'s key from a manager'
complete -c riposte -f -n __fish_use_subcommand -a adopt -d 'receive the requests of an agent on this host in the place of its own runner'
complete -c riposte -f -n __fish_use_subcommand -a release -d 'give the requests back to the agent\'s own runner'
complete -c riposte -f -n __fish_use_subcommand -a doctor -d 'examine this installation: what is wrong, and what to do about it'
complete -c riposte -n '__fish_seen_subcommand_from serve' -l log-level -d 'error, warning, information (default) or debug' -x -a 'error warning information debug'
complete -c riposte -n '__fish_seen_subcommand_from serve' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from serve' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from serve' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from serve' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from serve' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from check' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from check' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from check' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from check' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from check' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from run' -l alert -d 'the alert to act on' -r
complete -c riposte -n '__fish_seen_subcommand_from run' -l srcip -d 'the address to act on' -x
complete -c riposte -n '__fish_seen_subcommand_from run' -l user -d 'the user to act on' -x
complete -c riposte -n '__fish_seen_subcommand_from run' -l file -d 'the file to act on' -x
complete -c riposte -n '__fish_seen_subcommand_from run' -l rule-id -d 'the rule that fired' -x
complete -c riposte -n '__fish_seen_subcommand_from run' -l arg -d 'an extra argument, as it is; may be given again' -x
complete -c riposte -n '__fish_seen_subcommand_from run' -l timeout -d 'undo it after this time (600 or 10m)' -x
complete -c riposte -n '__fish_seen_subcommand_from run' -l dialect -d 'the message\'s format: wazuh4 (default), wazuh5 or ossec' -x -a 'wazuh4 wazuh5 ossec'
complete -c riposte -n '__fish_seen_subcommand_from run' -l dry-run -d 'show what would happen'
complete -c riposte -n '__fish_seen_subcommand_from run' -l no-follow -d 'print the action\'s number and do not wait'
complete -c riposte -n '__fish_seen_subcommand_from run' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from run' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from run' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from run' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from run' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from send' -l lines -d 'each line is a message, not each file'
complete -c riposte -n '__fish_seen_subcommand_from send' -l follow -d 'tell what happens until all is undone'
complete -c riposte -n '__fish_seen_subcommand_from send' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from send' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from send' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from send' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from send' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from pending' -l target -d 'only what acts on this address, user, file or key' -x
complete -c riposte -n '__fish_seen_subcommand_from pending' -l command -d 'only this command or executable' -x
complete -c riposte -n '__fish_seen_subcommand_from pending' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from pending' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from pending' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from pending' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from pending' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l target -d 'what acts on this address, user, file or key' -x
complete -c riposte -n '__fish_seen_subcommand_from undo' -l command -d 'what this command or executable did' -x
complete -c riposte -n '__fish_seen_subcommand_from undo' -l all -d 'everything that is in force'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l no-wait -d 'ask for the reversals and do not wait'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l offline -d 'without a service, which is stopped'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from undo' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from undo' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from extend' -l target -d 'everything that acts on this address, user, file or key' -x
complete -c riposte -n '__fish_seen_subcommand_from extend' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from extend' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from extend' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from extend' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from extend' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from abandon' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from abandon' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from abandon' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from abandon' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from abandon' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from forget' -l all -d 'forget every offender'
complete -c riposte -n '__fish_seen_subcommand_from forget' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from forget' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from forget' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from forget' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from forget' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from history' -l limit -d 'at most the latest N (default 50; 0: all)' -x
complete -c riposte -n '__fish_seen_subcommand_from history' -l since -d 'only of the last 30m, 2h, 7d' -x
complete -c riposte -n '__fish_seen_subcommand_from history' -l target -d 'only what acts on this address, user, file or key' -x
complete -c riposte -n '__fish_seen_subcommand_from history' -l command -d 'only this command or executable' -x
complete -c riposte -n '__fish_seen_subcommand_from history' -l follow -d 'go on with every event as it comes, until Ctrl-C'
complete -c riposte -n '__fish_seen_subcommand_from history' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from history' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from history' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from history' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from history' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from commands' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from commands' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from commands' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from commands' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from commands' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from status' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from status' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from status' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from status' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from status' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from reload' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from reload' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from reload' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from reload' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from reload' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from service' -l path -d 'with install and remove: this program\'s directory in the system\'s Path'
complete -c riposte -n '__fish_seen_subcommand_from service' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from service' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from service' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from service' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from service' -l help -d 'show this help'
complete -c riposte -f -n '__fish_seen_subcommand_from service' -a 'install remove start stop status'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l manager -d 'the manager\'s name or address' -x
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l port -d 'the port of its enrolment (1515; with --https 1517)' -x
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l https -d 'Wazuh 5\'s enrolment over HTTPS'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l name -d 'this agent\'s name (the host\'s)' -x
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l groups -d ',B        groups of the manager to join' -x
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l password-file -d 'a file whose first line is the enrolment password' -r
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l ca -d 'PEM; the manager\'s certificate must be from it and for HOST' -r
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l certificate -d 'PEM; shown to a manager that asks for one' -r
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l key -d 'PEM; the certificate\'s private key' -r
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l save -d 'first add <manager> to the configuration, unless it has one'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l force -d 'ask for a new key although there is one'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l forget-counters -d 'only: take messages again of a manager that was set up anew and counts from the start'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from enroll' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from adopt' -l units -d 'where the service manager\'s units are changed' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from adopt' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from adopt' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from adopt' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from adopt' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from adopt' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from release' -l units -d 'where the service manager\'s units are changed' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from release' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from release' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from release' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from release' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from release' -l help -d 'show this help'
complete -c riposte -n '__fish_seen_subcommand_from doctor' -l config -d 'Riposte\'s own configuration (RIPOSTE_CONFIG)' -r
complete -c riposte -n '__fish_seen_subcommand_from doctor' -l home -d 'the directory that holds active-response/bin (RIPOSTE_HOME)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from doctor' -l state -d 'the directory of the ledger and the control socket (RIPOSTE_STATE)' -x -a '(__fish_complete_directories)'
complete -c riposte -n '__fish_seen_subcommand_from doctor' -l json -d 'print JSON'
complete -c riposte -n '__fish_seen_subcommand_from doctor' -l help -d 'show this help'
complete -c riposte -f -n '__fish_seen_subcommand_from help' -a 'serve check run send pending undo extend abandon forget history commands status reload service enroll adopt release doctor'
