-- SPDX-License-Identifier: Apache-2.0
-- A ledger that a Riposte of schema 1 wrote: two actions in force, due after an hour and after ten years, and an
-- offender. Stays as it is for as long as such ledgers may be met.
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE action(
    id INTEGER PRIMARY KEY,
    phase INTEGER NOT NULL,
    finished_wall_ms INTEGER NOT NULL,
    name TEXT NOT NULL,
    command TEXT NOT NULL,
    executable TEXT NOT NULL,
    channel TEXT NOT NULL,
    srcip TEXT NOT NULL,
    user TEXT NOT NULL,
    filename TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    key_executable TEXT NOT NULL,
    key_kind INTEGER NOT NULL,
    key_values TEXT NOT NULL,
    key_digest BLOB NOT NULL,
    timeout_ms INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    received_wall_ms INTEGER NOT NULL,
    received_boot_ms INTEGER NOT NULL,
    due_boot_ms INTEGER NOT NULL,
    due_wall_ms INTEGER NOT NULL,
    span_ms INTEGER NOT NULL,
    applied_wall_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    apply_kind INTEGER,
    apply_exit_code INTEGER,
    apply_signal INTEGER,
    apply_duration_ms INTEGER,
    apply_text TEXT,
    reverse_kind INTEGER,
    reverse_exit_code INTEGER,
    reverse_signal INTEGER,
    reverse_duration_ms INTEGER,
    reverse_text TEXT
) STRICT;
CREATE INDEX action_phase ON action(phase, finished_wall_ms);
CREATE TABLE told(id INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT;
CREATE TABLE output(id INTEGER NOT NULL, verb INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(id, verb))
    STRICT, WITHOUT ROWID;
CREATE TABLE offender(
    key_digest BLOB PRIMARY KEY,
    executable TEXT NOT NULL,
    key_values TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_wall_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX offender_last ON offender(last_wall_ms);
INSERT INTO meta VALUES('boot_id','32bb8cb2-2e6c-41c2-8c8f-925ce94a2027');
INSERT INTO meta VALUES('next_id','1001');
INSERT INTO action VALUES(1,1,0,'ip-customblock3600','ip-customblock','ip-customblock','execq','203.0.113.1','','','5712','1767222000.1',
    '',0,'["203.0.113.1"]',X'7CD4904D5C58260FBED03EFE3E8F60097DA70F4C9C214F489A0986DC18DEDF37',3600000,60000,1767222000000,16729863,20329863,1767225600000,3600000,1767222000004,0,
    0,0,0,3,'',NULL,NULL,NULL,NULL,NULL);
INSERT INTO told VALUES(1,'{"dialect":"wazuh4","document":"{\"version\":1,\"origin\":{\"name\":\"node01\",\"module\":\"wazuh-execd\"},\"command\":\"\",\"parameters\":{\"extra_args\":[],\"alert\":{\"id\":\"1767222000.1\",\"data\":{\"srcip\":\"203.0.113.1\"}},\"program\":\"active-response/bin/ip-customblock\"}}"}');
INSERT INTO output VALUES(1,0,'{"version":1,"origin":{"name":"ip-customblock","module":"active-response"},"command":"check_keys","parameters":{"keys":["203.0.113.1"]}}
');
INSERT INTO action VALUES(2,1,0,'ip-customblock315360000','ip-customblock','ip-customblock','execq','203.0.113.2','','','5712','1767222000.2',
    '',0,'["203.0.113.2"]',X'AA30FB7339DD81154C41D85D3DF8A4F31F68E52CC9BA18B4CC30FD4CEFAD33A7',315360000000,60000,1767222000000,16729863,315376729863,2082582000000,315360000000,1767222000004,0,
    0,0,0,3,'',NULL,NULL,NULL,NULL,NULL);
INSERT INTO told VALUES(2,'{"dialect":"wazuh4","document":"{\"version\":1,\"origin\":{\"name\":\"node01\",\"module\":\"wazuh-execd\"},\"command\":\"\",\"parameters\":{\"extra_args\":[],\"alert\":{\"id\":\"1767222000.1\",\"data\":{\"srcip\":\"203.0.113.2\"}},\"program\":\"active-response/bin/ip-customblock\"}}"}');
INSERT INTO output VALUES(2,0,'{"version":1,"origin":{"name":"ip-customblock","module":"active-response"},"command":"check_keys","parameters":{"keys":["203.0.113.2"]}}
');
INSERT INTO offender VALUES(X'7CD4904D5C58260FBED03EFE3E8F60097DA70F4C9C214F489A0986DC18DEDF37','ip-customblock','["203.0.113.1"]',1,1767222000000);
PRAGMA user_version = 1;
