package nova

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// onStub runs a command line against a Compute API that answers as in replies, by method and path, and returns what was
// printed and what was sent. What has no reply is not found.
func onStub(t *testing.T, v wire.Version, replies map[string]string, line ...string) (printed string, sent []string, err error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		key := r.Method + " " + r.URL.Path
		sent = append(sent, strings.TrimSpace(key+" "+string(body)))
		reply, ok := replies[key]
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"itemNotFound": {"code": 404, "message": "There is none."}}`)
		case reply == "":
			w.WriteHeader(http.StatusAccepted)
		default:
			_, _ = io.WriteString(w, reply)
		}
	}))
	defer server.Close()
	run, values, err := Program().Parse(line, v, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	session := client.Static{Endpoints: map[string]string{"compute": server.URL}}
	e := &verb.Env{
		Args: values, Cloud: client.New(client.NewTransport(client.Options{}), session).At(v),
		Print: out.Printer{W: &stdout}, Err: io.Discard, Env: func(string) string { return "" },
	}
	err = run.Run(t.Context(), e)
	return stdout.String(), sent, err
}

const (
	vmID     = "11111111-1111-1111-1111-111111111111"
	volumeID = "22222222-2222-2222-2222-222222222222"
)

// The volume service that the test clouds lack: what Nova's documents say it answers.
func TestVolumes(t *testing.T) {
	attachments := "/servers/" + vmID + "/os-volume_attachments"
	replies := map[string]string{
		"GET /servers/" + vmID: fmt.Sprintf(`{"server": {"id": %q, "name": "vm"}}`, vmID),
		"GET " + attachments: fmt.Sprintf(`{"volumeAttachments": [{"id": %[1]q, "volumeId": %[1]q, "serverId": %[2]q, "device": "/dev/vdb", "tag": null, "delete_on_termination": false,
			"attachment_id": "a-1", "bdm_uuid": "b-1"}, {"volumeId": "other", "serverId": %[2]q, "tag": "t", "delete_on_termination": true}]}`, volumeID, vmID),
		"POST " + attachments:                    fmt.Sprintf(`{"volumeAttachment": {"id": %[1]q, "serverId": %[2]q, "volumeId": %[1]q, "device": null, "tag": "t", "delete_on_termination": true}}`, volumeID, vmID),
		"PUT " + attachments + "/" + volumeID:    "",
		"DELETE " + attachments + "/" + volumeID: "",
	}
	for _, c := range []struct {
		minor   uint16
		line    string
		sent    string // the requests, parted by a blank line
		printed string
		fails   string
	}{
		{92, "volume-attach VM VOLUME", `POST ATT {"volumeAttachment":{"volumeId":"VOLUME"}}`, attached, ""},
		{92, "volume-attach VM VOLUME auto", `POST ATT {"volumeAttachment":{"volumeId":"VOLUME"}}`, attached, ""},
		{92, "volume-attach VM VOLUME /dev/vdb --tag t --delete-on-termination", `POST ATT {"volumeAttachment":{"volumeId":"VOLUME","device":"/dev/vdb","tag":"t","delete_on_termination":true}}`, attached, ""},
		{48, "volume-attach VM VOLUME /dev/vdb", `POST ATT {"volumeAttachment":{"volumeId":"VOLUME","device":"/dev/vdb"}}`, attached, ""},
		{101, "volume-attach VM VOLUME", `POST ATT {"volumeAttachment":{"volumeId":"VOLUME"}}`, "", ""},
		{92, "volume-update VM VOLUME other", `PUT ATT/VOLUME {"volumeAttachment":{"volumeId":"other"}}`, "", ""},
		{85, "volume-update VM VOLUME VOLUME --delete-on-termination", `PUT ATT/VOLUME {"volumeAttachment":{"volumeId":"VOLUME","delete_on_termination":true}}`, "", ""},
		// novaclient 18.1.0 takes --no-delete-on-termination and forgets it.
		{92, "volume-update VM VOLUME VOLUME --no-delete-on-termination", `PUT ATT/VOLUME {"volumeAttachment":{"volumeId":"VOLUME","delete_on_termination":false}}`, "", ""},
		{92, "volume-detach VM VOLUME", `DELETE ATT/VOLUME`, "", ""},
		{92, "volume-detach VM gone", "DELETE ATT/gone\n\nGET /servers/VM", "", "There is none. (HTTP 404)"},
		{1, "volume-attachments VM", `GET ATT`, `
+--------------------------------------+----------+--------------------------------------+--------------------------------------+
| ID                                   | DEVICE   | SERVER ID                            | VOLUME ID                            |
+--------------------------------------+----------+--------------------------------------+--------------------------------------+
| 22222222-2222-2222-2222-222222222222 | /dev/vdb | 11111111-1111-1111-1111-111111111111 | 22222222-2222-2222-2222-222222222222 |
|                                      |          | 11111111-1111-1111-1111-111111111111 | other                                |
+--------------------------------------+----------+--------------------------------------+--------------------------------------+
`, ""},
		{89, "volume-attachments VM", `GET ATT`, `
+----------+--------------------------------------+--------------------------------------+---------------+----------+-----+-----------------------+
| DEVICE   | SERVER ID                            | VOLUME ID                            | ATTACHMENT ID | BDM UUID | TAG | DELETE ON TERMINATION |
+----------+--------------------------------------+--------------------------------------+---------------+----------+-----+-----------------------+
| /dev/vdb | 11111111-1111-1111-1111-111111111111 | 22222222-2222-2222-2222-222222222222 | a-1           | b-1      | -   | False                 |
|          | 11111111-1111-1111-1111-111111111111 | other                                |               |          | t   | True                  |
+----------+--------------------------------------+--------------------------------------+---------------+----------+-----+-----------------------+
`, ""},
	} {
		full := strings.NewReplacer("VM", vmID, "VOLUME ", volumeID+" ", `"VOLUME"`, `"`+volumeID+`"`, "/VOLUME", "/"+volumeID, "ATT", attachments)
		line := strings.Fields(full.Replace(c.line + " "))
		if last := len(line) - 1; line[last] == "VOLUME" {
			line[last] = volumeID
		}
		printed, sent, err := onStub(t, wire.V(2, c.minor), replies, line...)
		if diff := cmp.Diff(full.Replace(c.sent), strings.Join(sent, "\n\n")); diff != "" {
			t.Errorf("%s at 2.%d sent (- wanted):\n%s", c.line, c.minor, diff)
		}
		if diff := cmp.Diff(strings.TrimPrefix(c.printed, "\n"), printed); diff != "" {
			t.Errorf("%s at 2.%d printed (- wanted):\n%s", c.line, c.minor, diff)
		}
		if got := fmt.Sprint(err); err != nil && got != c.fails || err == nil && c.fails != "" {
			t.Errorf("%s at 2.%d: %v, wanted %q", c.line, c.minor, err, c.fails)
		}
	}
}

const attached = `
+-----------------------+--------------------------------------+
| Property              | Value                                |
+-----------------------+--------------------------------------+
| delete_on_termination | True                                 |
| device                | -                                    |
| id                    | 22222222-2222-2222-2222-222222222222 |
| serverId              | 11111111-1111-1111-1111-111111111111 |
| tag                   | t                                    |
| volumeId              | 22222222-2222-2222-2222-222222222222 |
+-----------------------+--------------------------------------+
`
