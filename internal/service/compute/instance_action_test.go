package compute_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

// addActions gives demo's server 1 a create that went well and a stop that
// failed, and demo's deleted server 2 a delete.
func (e *edge) addActions() {
	e.t.Helper()
	e.tx(func(ctx context.Context, tx *store.Tx) error {
		alive, gone := testServer(1), testServer(2)
		gone.State.VM, gone.DeletedAt = cloud.Deleted, epoch
		for _, s := range []*cloud.Server{&alive, &gone} {
			if err := tx.CreateServer(ctx, s); err != nil {
				return err
			}
		}
		for i, a := range []struct {
			server, action, event string
			failed                bool
		}{
			{alive.ID, "create", "compute__do_build_and_run_instance", false},
			{alive.ID, "stop", "compute_stop_instance", true},
			{gone.ID, "delete", "compute_terminate_instance", false},
		} {
			at := epoch.Add(time.Duration(i) * time.Minute)
			request := fmt.Sprintf("req-%d", i+1)
			record := cloud.InstanceAction{ServerID: a.server, RequestID: request, Action: a.action, UserID: "u-demo", ProjectID: "p-demo", StartTime: at}
			if err := tx.AddAction(ctx, &record); err != nil {
				return err
			}
			if err := tx.BeginEvent(ctx, a.server, request, a.event, "h1", at); err != nil {
				return err
			}
			if err := tx.FinishEvent(ctx, a.server, request, a.event, a.failed, "it would not", at.Add(time.Second)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestInstanceActionsAsNovaAnswers(t *testing.T) {
	path, gone := "/servers/"+uuid(1)+"/os-instance-actions", "/servers/"+uuid(2)+"/os-instance-actions"
	record := func(action, request, minute, message string) string {
		return `"action": "` + action + `", "instance_uuid": "` + uuid(1) + `", "request_id": "` + request + `", "user_id": "u-demo", "project_id": "p-demo",
			"start_time": "2026-11-22T12:` + minute + `:00.123456", "message": ` + message
	}
	create, stop := record("create", "req-1", "00", "null"), record("stop", "req-2", "01", `"Error"`)
	createdAt, stoppedAt := `, "updated_at": "2026-11-22T12:00:01.123456"`, `, "updated_at": "2026-11-22T12:01:01.123456"`
	event := `"event": "compute_stop_instance", "start_time": "2026-11-22T12:01:00.123456", "finish_time": "2026-11-22T12:01:01.123456", "result": "Error"`
	host := cloud.HostID("p-demo", "h1")
	both(t, func(e *edge) {
		e.addActions()
		e.run([]exchange{
			{"demo", "2.1", "GET " + path, "", 200, `{"instanceActions": [{` + stop + `}, {` + create + `}]}`},
			{"demo", "2.57", "GET " + path + "?limit=1&marker=x&changes-since=x&unknown=1", "", 200, `{"instanceActions": [{` + stop + `}, {` + create + `}]}`},
			{"demo", "2.58", "GET " + path, "", 200, `{"instanceActions": [{` + stop + stoppedAt + `}, {` + create + createdAt + `}]}`},
			{"demo", "2.58", "GET " + path + "?limit=1", "", 200, `{"instanceActions": [{` + stop + stoppedAt + `}],
				"links": [{"rel": "next", "href": "{url}/compute/v2.1` + path + `?limit=1&marker=req-2"}]}`},
			{"demo", "2.58", "GET " + path + "?limit=1&marker=req-2", "", 200, `"req-1"`},
			{"demo", "2.58", "GET " + path + "?limit=1&marker=req-1", "", 200, `{"instanceActions": []}`},
			{"demo", "2.58", "GET " + path + "?limit=0", "", 200, `{"instanceActions": []}`},
			{"demo", "2.58", "GET " + path + "?limit=x", "", 400, "limit"},
			{"demo", "2.58", "GET " + path + "?marker=x", "", 400, "could not be found"},
			{"demo", "2.58", "GET " + path + "?unknown=1", "", 400, "unknown"},
			{"demo", "2.58", "GET " + path + "?changes-since=x", "", 400, "changes-since"},
			{"demo", "2.58", "GET " + path + "?changes-since=2026-11-22T12:01:00Z", "", 200, `{"instanceActions": [{` + stop + stoppedAt + `}]}`},
			{"demo", "2.58", "GET " + path + "?changes-before=2026-11-22T12:01:00Z", "", 400, "changes-before"},
			{"demo", "2.66", "GET " + path + "?changes-before=2026-11-22T12:01:00Z", "", 200, `{"instanceActions": [{` + create + createdAt + `}]}`},
			{"demo", "2.66", "GET " + path + "?changes-before=2026-11-22T12:01:00Z&changes-since=2026-11-22T12:02:00Z", "", 400, "changes-since"},

			{"demo", "2.50", "GET " + path + "/req-2", "", 200, `{"instanceAction": {` + stop + `}}`},
			{"admin", "2.1", "GET " + path + "/req-2", "", 200, `{"instanceAction": {` + stop + `, "events": [{` + event + `, "traceback": null}]}}`},
			{"demo", "2.51", "GET " + path + "/req-2", "", 200, `{"instanceAction": {` + stop + `, "events": [{` + event + `}]}}`},
			{"demo", "2.62", "GET " + path + "/req-2", "", 200, `{"instanceAction": {` + stop + stoppedAt + `, "events": [{` + event + `, "hostId": "` + host + `"}]}}`},
			{"admin", "2.84", "GET " + path + "/req-2", "", 200, `{"instanceAction": {` + stop + stoppedAt + `, "events": [{` + event + `, "traceback": null, "host": "h1", "hostId": "` + host +
				`", "details": "it would not"}]}}`},
			{"demo", "2.84", "GET " + path + "/req-2", "", 200, `"hostId":"` + host + `"}]`},
			{"demo", "2.1", "GET " + path + "/req-9", "", 404, "Action for request_id req-9 on instance " + uuid(1) + " not found"},
			{"demo", "2.1", "GET " + path + "/req-3", "", 404, "req-3"}, // another server's

			{"other", "2.1", "GET " + path, "", 404, `{"itemNotFound": {"code": 404, "message": "Instance ` + uuid(1) + ` could not be found."}}`},
			{"other", "2.21", "GET " + path, "", 404, "could not be found"},
			{"demo", "2.20", "GET " + gone, "", 404, "could not be found"},
			{"demo", "2.21", "GET " + gone, "", 200, `"action":"delete"`},
			{"demo", "2.21", "GET " + gone + "/req-3", "", 200, `"action":"delete"`},
			{"other", "2.21", "GET " + gone, "", 404, "could not be found"},
			{"demo", "2.21", "GET /servers/nope/os-instance-actions", "", 404, "Instance nope could not be found."},
		})
	})
}
