package nova

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

// script answers requests by method and path: each with the next of its answers, the last again and again.
type script map[string][]string

func (s script) RoundTrip(r *http.Request) (*http.Response, error) {
	key := r.Method + " " + r.URL.Path
	answers := s[key]
	if len(answers) == 0 {
		return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"itemNotFound": {"message": "` + key + `"}}`))}, nil
	}
	if len(answers) > 1 {
		s[key] = answers[1:]
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answers[0]))}, nil
}

// An image is waited for until it is active, and then its server until no task is at work on it; then it is shown.
func TestImageCreatePoll(t *testing.T) {
	const serverID, imageID = "01234567-89ab-cdef-0123-456789abcdef", "11234567-89ab-cdef-0123-456789abcdef"
	server := func(task string) string {
		return `{"server": {"id": "` + serverID + `", "name": "vm", "status": "ACTIVE", "OS-EXT-STS:task_state": ` + task + `}}`
	}
	image := func(status string) string {
		return `{"id": "` + imageID + `", "name": "snap", "status": "` + status + `", "links": [], "server": {"id": "s"}, "metadata": {"a": "b"}}`
	}
	for _, c := range []struct {
		name       string
		images     []string
		want, fail string
	}{
		{
			"goes well",
			[]string{image("queued"), image("saving"), image("active")},
			"\n\rServer snapshotting... 0% complete\rServer snapshotting... 100% complete\nFinished\n" + strings.TrimPrefix(`
+------------+--------------------------------------+
| Property   | Value                                |
+------------+--------------------------------------+
| id         | 11234567-89ab-cdef-0123-456789abcdef |
| metadata a | b                                    |
| name       | snap                                 |
| server     | s                                    |
| status     | active                               |
+------------+--------------------------------------+
`, "\n"), "",
		},
		{
			"is deleted meanwhile",
			[]string{image("queued"), image("deleted")},
			"\n\rServer snapshotting... 0% complete\nDeleted snapshotting server\n", "Image " + imageID + " was deleted.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := script{
				"GET /compute/servers/" + serverID:              {server("null"), server(`"image_uploading"`), server("null")},
				"POST /compute/servers/" + serverID + "/action": {`{"image_id": "` + imageID + `"}`},
				"GET /image/v2/images/" + imageID:               c.images,
			}
			var stdout strings.Builder
			e := parsed(t, wire.V(2, 92), "image-create", "--poll", "--show", serverID, "snap")
			e.Print = out.Printer{W: &stdout}
			e.Clock = client.Clock{Sleep: func(context.Context, time.Duration) error { return nil }}
			endpoints := map[string]string{"compute": "http://cloud/compute", "image": "http://cloud/image"}
			e.Cloud = client.New(client.NewTransport(client.Options{HTTP: cloud}), client.Static{Endpoints: endpoints}).At(wire.V(2, 92))
			err := imageCreate(t.Context(), e)
			if (err == nil) != (c.fail == "") || err != nil && err.Error() != c.fail {
				t.Errorf("%v, want %q", err, c.fail)
			}
			if stdout.String() != c.want {
				t.Errorf("printed %q\nwant %q", stdout.String(), c.want)
			}
			if left := len(cloud["GET /compute/servers/"+serverID]); c.fail == "" && left != 1 {
				t.Errorf("the server was not waited for: %d answers are left", left)
			}
		})
	}
}
