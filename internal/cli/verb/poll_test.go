package verb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// replies answers one request after the other; the last answer stays.
type replies []string

func (r *replies) RoundTrip(*http.Request) (*http.Response, error) {
	body := (*r)[0]
	if len(*r) > 1 {
		*r = (*r)[1:]
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestPoll(t *testing.T) {
	server := func(status string, progress int) string {
		return fmt.Sprintf(`{"server": {"id": "7", "name": "vm", "status": "%s", "progress": %d, "fault": {"message": "no room"}}}`, status, progress)
	}
	for _, c := range []struct {
		name       string
		replies    replies
		percent    bool
		want, fail string
	}{
		{"at once", replies{server("ACTIVE", 0)}, true, "\n\rServer building... 100% complete\nFinished\n", ""},
		{
			"after a while",
			replies{server("BUILD", 0), server("BUILD", 20), server("BUILD", 0), server("BUILD", 0), server("BUILD", 0), server("BUILD", 60), server("ACTIVE", 0)},
			true,
			"\n\rServer building... 0% complete\rServer building... 60% complete\rServer building... 100% complete\nFinished\n", "",
		},
		{"without percentage", replies{server("REBOOT", 0), server("ACTIVE", 0)}, false, "\n\rServer building...\rServer building...\nFinished\n", ""},
		{"failed", replies{server("BUILD", 0), server("ERROR", 0)}, true, "\n\rServer building... 0% complete\nError building server\n", "Server vm (7) is in the error state due to 'no room'."},
		{"deleted", replies{server("DELETED", 0)}, true, "\n\nDeleted building server\n", "Server 7 was deleted due to 'no room'."},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, stdout := testEnv()
			e.Clock = client.Clock{Sleep: func(context.Context, time.Duration) error { return nil }}
			transport := client.NewTransport(client.Options{HTTP: &c.replies})
			e.Cloud = client.New(transport, client.Static{Endpoints: map[string]string{"compute": "http://cloud/v2.1"}}).At(wire.V(2, 92))
			err := e.Poll(t.Context(), "7", "building", c.percent, "active")
			if (err == nil) != (c.fail == "") || err != nil && err.Error() != c.fail {
				t.Errorf("%v, want %q", err, c.fail)
			}
			if stdout.String() != c.want {
				t.Errorf("printed %q, want %q", stdout, c.want)
			}
		})
	}
}
