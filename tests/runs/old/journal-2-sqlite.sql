BEGIN TRANSACTION;
CREATE TABLE lyncops_events (
	run_id VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (run_id, number), 
	FOREIGN KEY(run_id) REFERENCES lyncops_runs (run_id)
);
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',1,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-7438", "state": "running", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',2,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-7438", "state": "running", "step_id": "fail-over-a.contoso.com", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',3,'2013-11-21T03:00:00.000000+00:00','AttemptPrepared','{"address": {"affinity": "", "command_id": "command-1", "endpoint": "https://fe1.contoso.com/OcsPowershell", "logon": "", "resource_uri": "uri", "session_id": "session", "shell_id": "shell"}, "at": "2013-11-21T03:00:00+00:00", "number": 1, "run_id": "20131121-030000-7438", "step_id": "fail-over-a.contoso.com"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',4,'2013-11-21T03:00:00.000000+00:00','LinesHeard','{"at": "2013-11-21T03:00:00+00:00", "lines": [{"at": "2013-11-21T03:00:00+00:00", "percent": null, "stream": "warning", "text": "It takes a while."}], "number": 1, "run_id": "20131121-030000-7438", "step_id": "fail-over-a.contoso.com"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',5,'2013-11-21T03:00:00.000000+00:00','AttemptEnded','{"at": "2013-11-21T03:00:00+00:00", "errors": [], "heard": false, "lines": [], "lines_left_out": 0, "number": 1, "outcome": "succeeded", "proof": null, "reason": "", "run_id": "20131121-030000-7438", "step_id": "fail-over-a.contoso.com", "warnings": ["It takes a while."]}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',6,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "a.contoso.com is FailedOver", "exceptions": [], "run_id": "20131121-030000-7438", "state": "done", "step_id": "fail-over-a.contoso.com", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',7,'2013-11-21T03:00:00.000000+00:00','GoalRead','{"at": "2013-11-21T03:00:00+00:00", "evidence": "a.contoso.com is FailedOver", "holds": true, "run_id": "20131121-030000-7438"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-7438',8,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-7438", "state": "completed", "why": "The goal is reached."}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-f9b2',1,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-f9b2", "state": "running", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-f9b2',2,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-f9b2", "state": "waiting_for_person", "step_id": "dns", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-f9b2',3,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-f9b2", "state": "pending_manual_step", "why": "Change DNS: to be done by hand, at at the DNS server."}');
CREATE TABLE lyncops_locks (
	deployment VARCHAR(200) NOT NULL, 
	pool VARCHAR(255) NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	owner TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	taken_at VARCHAR(40) NOT NULL, 
	heartbeat VARCHAR(40), 
	machine_id TEXT DEFAULT '' NOT NULL, 
	boot_id TEXT DEFAULT '' NOT NULL, 
	pid_namespace TEXT DEFAULT '' NOT NULL, 
	started TEXT DEFAULT '' NOT NULL, 
	beats INTEGER DEFAULT '0' NOT NULL, 
	beat_at TIMESTAMP, 
	PRIMARY KEY (deployment, pool)
);
INSERT INTO "lyncops_locks" VALUES('contoso','b.contoso.com','20131121-030000-f9b2','9f924d4fe6e15a67fb272e75b442534b','anna','vm',2147483647,'site 1 burns','2013-11-21T03:00:00.000000+00:00',NULL,'3d1219c7c4c5404aaa1f6d2a48adfda4','0a50d3e0-4062-491a-85f4-ed6ac058d99f','pid:[4026531836]','227262',3,NULL);
CREATE TABLE lyncops_runs (
	run_id VARCHAR(64) NOT NULL, 
	format INTEGER NOT NULL, 
	created_at VARCHAR(40) NOT NULL, 
	operator TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	content_id TEXT NOT NULL, 
	"plan" TEXT NOT NULL, 
	pools INTEGER NOT NULL, 
	deployment TEXT DEFAULT '' NOT NULL, 
	procedure TEXT DEFAULT '' NOT NULL, 
	target TEXT DEFAULT '' NOT NULL, 
	mode TEXT DEFAULT '' NOT NULL, 
	state TEXT DEFAULT '' NOT NULL, 
	changed_at TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (run_id)
);
INSERT INTO "lyncops_runs" VALUES('20131121-030000-7438',1,'2013-11-21T03:00:00.000000+00:00','anna','site 1 burns','7aa813658f9228efe872242f9d7a467ffea307e438ba5b8c8059faa58dbfb84b','{
  "format": 2,
  "content_id": "7aa813658f9228efe872242f9d7a467ffea307e438ba5b8c8059faa58dbfb84b",
  "refused": false,
  "estimate_seconds": 0.0,
  "powershell": {
    "fail-over-a.contoso.com": "Invoke-CsPoolFailOver -PoolFqdn ''a.contoso.com'' -Confirm:$false -DisasterMode"
  },
  "plan": {
    "procedure": "pool-failover",
    "target": "a.contoso.com",
    "mode": "disaster",
    "options": {},
    "deployment": "contoso",
    "version": "2013",
    "created_at": "2013-11-21T03:00:00+00:00",
    "lock": [
      "a.contoso.com"
    ],
    "checks": [],
    "steps": [
      {
        "step_id": "fail-over-a.contoso.com",
        "title": "Fail a.contoso.com over",
        "why": "Its users are cut off.",
        "sources": [],
        "cmdlet": {
          "cmdlet": "Invoke-CsPoolFailOver",
          "arguments": {
            "PoolFqdn": "a.contoso.com",
            "DisasterMode": true
          }
        },
        "place": {
          "prefer": null,
          "avoid": null,
          "is": "Anywhere"
        },
        "before": [],
        "after": [
          {
            "pool": "a.contoso.com",
            "state": "FailedOver",
            "is": "PoolStateIs"
          }
        ],
        "settle": 300.0,
        "deadline": 7200.0,
        "estimate": 0.0,
        "undo": "Invoke-CsPoolFailBack -PoolFqdn a.contoso.com",
        "optional": false,
        "is": "CmdletStep"
      }
    ],
    "goal": [
      {
        "pool": "a.contoso.com",
        "state": "FailedOver",
        "is": "PoolStateIs"
      }
    ],
    "expected_loss": "Up to two minutes of presence.",
    "notes": []
  }
}',1,'contoso','pool-failover','a.contoso.com','disaster','completed','2013-11-21T03:00:00.000000+00:00');
INSERT INTO "lyncops_runs" VALUES('20131121-030000-f9b2',1,'2013-11-21T03:00:00.000000+00:00','anna','site 1 burns','a8cd40d6a1f7c925c2f8f4bc41e7d414e1947244c521636b7e58b94ef74ccf79','{
  "format": 2,
  "content_id": "a8cd40d6a1f7c925c2f8f4bc41e7d414e1947244c521636b7e58b94ef74ccf79",
  "refused": false,
  "estimate_seconds": 0.0,
  "powershell": {
    "fail-over-b.contoso.com": "Invoke-CsPoolFailOver -PoolFqdn ''b.contoso.com'' -Confirm:$false -DisasterMode"
  },
  "plan": {
    "procedure": "pool-failover",
    "target": "b.contoso.com",
    "mode": "disaster",
    "options": {},
    "deployment": "contoso",
    "version": "2013",
    "created_at": "2013-11-21T03:00:00+00:00",
    "lock": [
      "b.contoso.com"
    ],
    "checks": [],
    "steps": [
      {
        "step_id": "dns",
        "title": "Change DNS",
        "why": "w",
        "sources": [],
        "instructions": [
          "Point sip.contoso.com to pool2."
        ],
        "where": "at the DNS server",
        "how_to_see": "nslookup",
        "before": [],
        "after": [],
        "estimate": 0.0,
        "undo": "",
        "is": "ManualStep"
      },
      {
        "step_id": "fail-over-b.contoso.com",
        "title": "Fail b.contoso.com over",
        "why": "Its users are cut off.",
        "sources": [],
        "cmdlet": {
          "cmdlet": "Invoke-CsPoolFailOver",
          "arguments": {
            "PoolFqdn": "b.contoso.com",
            "DisasterMode": true
          }
        },
        "place": {
          "prefer": null,
          "avoid": null,
          "is": "Anywhere"
        },
        "before": [],
        "after": [
          {
            "pool": "b.contoso.com",
            "state": "FailedOver",
            "is": "PoolStateIs"
          }
        ],
        "settle": 300.0,
        "deadline": 7200.0,
        "estimate": 0.0,
        "undo": "Invoke-CsPoolFailBack -PoolFqdn b.contoso.com",
        "optional": false,
        "is": "CmdletStep"
      }
    ],
    "goal": [
      {
        "pool": "b.contoso.com",
        "state": "FailedOver",
        "is": "PoolStateIs"
      }
    ],
    "expected_loss": "Up to two minutes of presence.",
    "notes": []
  }
}',1,'contoso','pool-failover','b.contoso.com','disaster','pending_manual_step','2013-11-21T03:00:00.000000+00:00');
CREATE TABLE lyncops_schema (
	version INTEGER NOT NULL
);
INSERT INTO "lyncops_schema" VALUES(2);
CREATE INDEX lyncops_runs_by_age ON lyncops_runs (created_at, run_id);
COMMIT;
