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
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',1,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-0001", "state": "running", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',2,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-0001", "state": "running", "step_id": "ask", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',3,'2013-11-21T03:00:00.000000+00:00','AttemptPrepared','{"address": {"command_id": "command-1", "endpoint": "https://fe1.contoso.com/OcsPowershell", "resource_uri": "uri", "session_id": "session", "shell_id": "shell"}, "at": "2013-11-21T03:00:00+00:00", "number": 1, "run_id": "20131121-030000-0001", "step_id": "ask"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',4,'2013-11-21T03:00:00.000000+00:00','AttemptEnded','{"at": "2013-11-21T03:00:00+00:00", "errors": [], "number": 1, "outcome": "succeeded", "reason": "", "run_id": "20131121-030000-0001", "sent": true, "step_id": "ask", "warnings": ["It takes a while."]}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',5,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-0001", "state": "done", "step_id": "ask", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',6,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-0001", "state": "running", "step_id": "fail-over-a.contoso.com", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',7,'2013-11-21T03:00:00.000000+00:00','AttemptPrepared','{"address": {"command_id": "command-2", "endpoint": "https://fe1.contoso.com/OcsPowershell", "resource_uri": "uri", "session_id": "session", "shell_id": "shell"}, "at": "2013-11-21T03:00:00+00:00", "number": 1, "run_id": "20131121-030000-0001", "step_id": "fail-over-a.contoso.com"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',8,'2013-11-21T03:00:00.000000+00:00','AttemptEnded','{"at": "2013-11-21T03:00:00+00:00", "errors": [], "number": 1, "outcome": "succeeded", "reason": "", "run_id": "20131121-030000-0001", "sent": true, "step_id": "fail-over-a.contoso.com", "warnings": ["It takes a while."]}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',9,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "a.contoso.com is FailedOver", "exceptions": [], "run_id": "20131121-030000-0001", "state": "done", "step_id": "fail-over-a.contoso.com", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',10,'2013-11-21T03:00:00.000000+00:00','GoalRead','{"at": "2013-11-21T03:00:00+00:00", "evidence": "a.contoso.com is FailedOver", "holds": true, "run_id": "20131121-030000-0001"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0001',11,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-0001", "state": "completed", "why": "The goal is reached."}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',1,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-0002", "state": "running", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',2,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-0002", "state": "running", "step_id": "fail-over-b.contoso.com", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',3,'2013-11-21T03:00:00.000000+00:00','AttemptPrepared','{"address": {"command_id": "command-3", "endpoint": "https://fe1.contoso.com/OcsPowershell", "resource_uri": "uri", "session_id": "session", "shell_id": "shell"}, "at": "2013-11-21T03:00:00+00:00", "number": 1, "run_id": "20131121-030000-0002", "step_id": "fail-over-b.contoso.com"}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',4,'2013-11-21T03:00:00.000000+00:00','AttemptEnded','{"at": "2013-11-21T03:00:00+00:00", "errors": [], "number": 1, "outcome": "unknown", "reason": "The answer was lost.", "run_id": "20131121-030000-0002", "sent": true, "step_id": "fail-over-b.contoso.com", "warnings": ["It takes a while."]}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',5,'2013-11-21T03:00:00.000000+00:00','AttemptEnded','{"at": "2013-11-21T03:00:00+00:00", "errors": [], "number": 1, "outcome": "unknown", "reason": "The answer was lost.", "run_id": "20131121-030000-0002", "sent": true, "step_id": "fail-over-b.contoso.com", "warnings": ["It takes a while."]}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',6,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "b.contoso.com is FailedOver", "exceptions": [], "run_id": "20131121-030000-0002", "state": "done", "step_id": "fail-over-b.contoso.com", "why": "Its answer was lost; what it was to bring about is there."}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',7,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-0002", "state": "waiting_for_person", "step_id": "dns", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0002',8,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-0002", "state": "pending_manual_step", "why": "Change DNS: to be done by hand, at at the DNS server."}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0003',1,'2013-11-21T03:00:00.000000+00:00','RunChanged','{"at": "2013-11-21T03:00:00+00:00", "run_id": "20131121-030000-0003", "state": "running", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0003',2,'2013-11-21T03:00:00.000000+00:00','StepChanged','{"at": "2013-11-21T03:00:00+00:00", "evidence": "", "exceptions": [], "run_id": "20131121-030000-0003", "state": "running", "step_id": "fail-over-c.contoso.com", "why": ""}');
INSERT INTO "lyncops_events" VALUES('20131121-030000-0003',3,'2013-11-21T03:00:00.000000+00:00','AttemptPrepared','{"address": {"command_id": "command-4", "endpoint": "https://fe1.contoso.com/OcsPowershell", "resource_uri": "uri", "session_id": "session", "shell_id": "shell"}, "at": "2013-11-21T03:00:00+00:00", "number": 1, "run_id": "20131121-030000-0003", "step_id": "fail-over-c.contoso.com"}');
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
	PRIMARY KEY (deployment, pool)
);
INSERT INTO "lyncops_locks" VALUES('contoso','b.contoso.com','20131121-030000-0002','2437a391110a803769a341073f73af01','anna','old.contoso.com',4711,'site 1 burns','2013-11-21T03:00:00.000000+00:00',NULL);
INSERT INTO "lyncops_locks" VALUES('contoso','c.contoso.com','20131121-030000-0003','500f82e80559bf7d396107856a9c6fac','anna','old.contoso.com',4711,'site 1 burns','2013-11-21T03:00:00.000000+00:00','2013-11-21T03:00:00.000000+00:00');
CREATE TABLE lyncops_runs (
	run_id VARCHAR(64) NOT NULL,
	format INTEGER NOT NULL,
	created_at VARCHAR(40) NOT NULL,
	operator TEXT NOT NULL,
	reason TEXT NOT NULL,
	content_id TEXT NOT NULL,
	"plan" TEXT NOT NULL,
	pools INTEGER NOT NULL,
	PRIMARY KEY (run_id)
);
INSERT INTO "lyncops_runs" VALUES('20131121-030000-0001',1,'2013-11-21T03:00:00.000000+00:00','anna','site 1 burns','06cfcf26b7600f0b263a7c44f547754563a16063b98e67134aa7c3f463ac1696','{
  "format": 1,
  "content_id": "06cfcf26b7600f0b263a7c44f547754563a16063b98e67134aa7c3f463ac1696",
  "refused": false,
  "estimate_seconds": 0.0,
  "powershell": {
    "ask": "Get-CsServerVersion",
    "fail-over-a.contoso.com": "Invoke-CsPoolFailOver -PoolFqdn ''a.contoso.com'' -Confirm:$false -DisasterMode"
  },
  "plan": {
    "procedure": "pool-failover",
    "target": "a.contoso.com",
    "mode": "disaster",
    "deployment": "contoso",
    "version": "2013",
    "created_at": "2013-11-21T03:00:00+00:00",
    "lock": [
      "a.contoso.com"
    ],
    "checks": [],
    "steps": [
      {
        "step_id": "ask",
        "title": "Ask for the version",
        "why": "w",
        "source": "s",
        "cmdlet": {
          "cmdlet": "Get-CsServerVersion",
          "arguments": {}
        },
        "place": {
          "prefer": null,
          "avoid": null,
          "is": "Anywhere"
        },
        "before": [],
        "after": [],
        "settle": 300.0,
        "deadline": 7200.0,
        "estimate": 0.0,
        "undo": "",
        "optional": false,
        "is": "CmdletStep"
      },
      {
        "step_id": "fail-over-a.contoso.com",
        "title": "Fail a.contoso.com over",
        "why": "Its users are cut off.",
        "source": "guide",
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
    "notes": [],
    "choices": []
  }
}',1);
INSERT INTO "lyncops_runs" VALUES('20131121-030000-0002',1,'2013-11-21T03:00:00.000000+00:00','anna','site 1 burns','b8e12c1c0ed276447f6aec63887fb2dde3bbe9b07481193cf8306876325aae83','{
  "format": 1,
  "content_id": "b8e12c1c0ed276447f6aec63887fb2dde3bbe9b07481193cf8306876325aae83",
  "refused": false,
  "estimate_seconds": 0.0,
  "powershell": {
    "fail-over-b.contoso.com": "Invoke-CsPoolFailOver -PoolFqdn ''b.contoso.com'' -Confirm:$false -DisasterMode"
  },
  "plan": {
    "procedure": "pool-failover",
    "target": "a.contoso.com",
    "mode": "disaster",
    "deployment": "contoso",
    "version": "2013",
    "created_at": "2013-11-21T03:00:00+00:00",
    "lock": [
      "b.contoso.com"
    ],
    "checks": [],
    "steps": [
      {
        "step_id": "fail-over-b.contoso.com",
        "title": "Fail b.contoso.com over",
        "why": "Its users are cut off.",
        "source": "guide",
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
      },
      {
        "step_id": "dns",
        "title": "Change DNS",
        "why": "w",
        "source": "s",
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
    "notes": [],
    "choices": []
  }
}',1);
INSERT INTO "lyncops_runs" VALUES('20131121-030000-0003',1,'2013-11-21T03:00:00.000000+00:00','anna','site 1 burns','615f0b076d2024d4f37d96c6c6414b534d32d8d640a476f3af06d3602bcc1562','{
  "format": 1,
  "content_id": "615f0b076d2024d4f37d96c6c6414b534d32d8d640a476f3af06d3602bcc1562",
  "refused": false,
  "estimate_seconds": 0.0,
  "powershell": {
    "fail-over-c.contoso.com": "Invoke-CsPoolFailOver -PoolFqdn ''c.contoso.com'' -Confirm:$false -DisasterMode",
    "fail-over-b.contoso.com": "Invoke-CsPoolFailOver -PoolFqdn ''b.contoso.com'' -Confirm:$false -DisasterMode"
  },
  "plan": {
    "procedure": "pool-failover",
    "target": "a.contoso.com",
    "mode": "disaster",
    "deployment": "contoso",
    "version": "2013",
    "created_at": "2013-11-21T03:00:00+00:00",
    "lock": [
      "c.contoso.com"
    ],
    "checks": [],
    "steps": [
      {
        "step_id": "fail-over-c.contoso.com",
        "title": "Fail c.contoso.com over",
        "why": "Its users are cut off.",
        "source": "guide",
        "cmdlet": {
          "cmdlet": "Invoke-CsPoolFailOver",
          "arguments": {
            "PoolFqdn": "c.contoso.com",
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
            "pool": "c.contoso.com",
            "state": "FailedOver",
            "is": "PoolStateIs"
          }
        ],
        "settle": 300.0,
        "deadline": 7200.0,
        "estimate": 0.0,
        "undo": "Invoke-CsPoolFailBack -PoolFqdn c.contoso.com",
        "optional": false,
        "is": "CmdletStep"
      },
      {
        "step_id": "fail-over-b.contoso.com",
        "title": "Fail b.contoso.com over",
        "why": "Its users are cut off.",
        "source": "guide",
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
        "pool": "c.contoso.com",
        "state": "FailedOver",
        "is": "PoolStateIs"
      },
      {
        "pool": "b.contoso.com",
        "state": "FailedOver",
        "is": "PoolStateIs"
      }
    ],
    "expected_loss": "Up to two minutes of presence.",
    "notes": [],
    "choices": []
  }
}',1);
COMMIT;
