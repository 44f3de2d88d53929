"""The official SDK for Python against the emulator: python official_client.py http://127.0.0.1:PORT

Prints one line for each thing that holds; fails at the first that does not.
"""

import json
import sys
import time
from urllib.parse import urlsplit

from alibabacloud_fnf20190315 import models
from alibabacloud_fnf20190315.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

DEFINITION = """\
Type: StateMachine
SpecVersion: v1
Name: python
StartAt: Nap
States:
  - Type: Wait
    Name: Nap
    Seconds: 1
    Next: Done
  - Type: Pass
    Name: Done
    OutputConstructor:
      greeting.$: format("你好 {}", $Input.name)
    End: true
"""

QUICK = """\
Type: StateMachine
SpecVersion: v1
Name: quick
StartAt: Done
States:
  - Type: Pass
    Name: Done
    End: true
"""

TASK = """\
version: v1
type: flow
steps:
  - type: task
    name: ask
    resourceArn: acs:mns:::/queues/q/messages
    pattern: waitForCallback
    serviceParams: {MessageBody: $}
    inputMappings: [{target: token, source: $context.task.token}]
"""


def main(url):
    # Its own read timeout of 10 s would give a long poll up.
    runtime = RuntimeOptions(read_timeout=30_000, connect_timeout=5_000, autoretry=False)
    client = caller(url, "test/secret+=", runtime)

    flow = models.CreateFlowRequest(
        name="python",
        definition=DEFINITION,
        description="a test, with 文字",
        type="FDL",
        environment=models.CreateFlowRequestEnvironment(
            variables=[models.CreateFlowRequestEnvironmentVariables(name="stage", value="a=b&c")]
        ),
    )
    created = client("create_flow", flow)
    assert created.definition == DEFINITION
    assert created.environment.variables[0].value == "a=b&c"
    print("create")

    one = {"flow_name": "python", "execution_name": "run-1"}
    started = client("start_execution", models.StartExecutionRequest(**one, input='{"name": "流 & a+b"}'))
    assert started.status == ""
    began = time.monotonic()
    ended = client("describe_execution", models.DescribeExecutionRequest(**one, wait_time_seconds=20))
    took = time.monotonic() - began
    assert ended.status == "Succeeded", ended.status
    assert json.loads(ended.output) == {"greeting": "你好 流 & a+b"}
    assert ended.input == '{"name": "流 & a+b"}'
    assert ended.environment.variables[0].name == "stage"
    assert 0.5 < took < 8, f"the poll was held for about a second, not {took} s"
    print("long poll")

    pages = []
    token = None
    while True:
        page = client("get_execution_history", models.GetExecutionHistoryRequest(**one, limit=3, next_token=token))
        pages.append([event.type for event in page.events])
        token = page.next_token
        if not token:
            break
    types = [kind for page in pages for kind in page]
    assert len(pages) > 1 and all(len(page) == 3 for page in pages[:-1]), pages
    assert (types[0], types[-1]) == ("ExecutionStarted", "ExecutionSucceeded"), types
    print("history")

    two = {"flow_name": "python", "execution_name": "run-2"}
    client("start_execution", models.StartExecutionRequest(**two))
    stopped = client("stop_execution", models.StopExecutionRequest(**two, error="Mine", cause="by hand"))
    assert stopped.status == "Stopped"
    listed = client("list_executions", models.ListExecutionsRequest(flow_name="python")).executions
    assert [(e.name, e.status) for e in listed] == [("run-2", "Stopped"), ("run-1", "Succeeded")]
    print("stop")

    client("create_flow", models.CreateFlowRequest(name="ask", definition=TASK, description="d", type="FDL"))
    asked = {"flow_name": "ask", "execution_name": "e"}
    client("start_execution", models.StartExecutionRequest(**asked))
    events = client("get_execution_history", models.GetExecutionHistoryRequest(**asked)).events
    scheduled = next(event for event in events if event.type == "TaskScheduled")
    token = json.loads(scheduled.event_detail)["input"]["MessageBody"]["token"]
    client("report_task_succeeded", models.ReportTaskSucceededRequest(task_token=token, output='{"n": 1}'))
    answered = client("describe_execution", models.DescribeExecutionRequest(**asked, wait_time_seconds=20))
    assert json.loads(answered.output) == {"n": 1}, answered.output
    print("callback")

    express = models.CreateFlowRequest(
        name="quick", definition=QUICK, description="d", type="FDL", execution_mode="Express"
    )
    client("create_flow", express)
    sync = client("start_sync_execution", models.StartSyncExecutionRequest(flow_name="quick", execution_name="e"))
    assert sync.status == "Succeeded" and sync.name.startswith("e:"), sync
    print("synchronous")

    client("delete_flow", models.DeleteFlowRequest(name="python"))
    refused(client, "describe_execution", models.DescribeExecutionRequest(**one), "FlowNotExists")
    refused(caller(url, "another", runtime), "list_flows", models.ListFlowsRequest(), "SignatureNotMatch")
    print("refusals")


def caller(url, secret, runtime):
    parts = urlsplit(url)
    config = Config(access_key_id="testid", access_key_secret=secret, endpoint=parts.netloc, protocol="http")
    client = Client(config)
    return lambda name, request: getattr(client, f"{name}_with_options")(request, runtime).body


def refused(client, name, request, code):
    try:
        client(name, request)
    except Exception as error:  # what it throws differs between its releases
        assert getattr(error, "code", None) == code, error
        return
    raise AssertionError(f"{name} was not refused")


main(sys.argv[1])
