package verb

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

// A server is looked at every second, and progress shown every fifth time: novaclient, which looks every five seconds,
// prints the same then.
const (
	pollEvery = time.Second
	showEvery = 5
)

// Poll waits until a server has one of the final statuses (in lower case), and shows how far it is: "Server doing...",
// with its percentage if that is wanted.
func (e *Env) Poll(ctx context.Context, id, doing string, percent bool, final ...string) error {
	progress := func(done int) error {
		text := "\rServer " + doing + "..."
		if percent {
			text += fmt.Sprintf(" %d%% complete", done)
		}
		_, err := io.WriteString(e.Print.W, text)
		return err
	}
	if _, err := io.WriteString(e.Print.W, "\n"); err != nil {
		return err
	}
	wait := client.Wait{What: "server " + id, Every: pollEvery, Clock: e.Clock}
	looks := 0
	_, err := client.Until(ctx, wait, func(ctx context.Context) (bool, bool, error) {
		server, err := AskFor(ctx, e.Compute(), compute.ShowServer, compute.ServerID{ID: id}, "server")
		if err != nil {
			return false, false, err
		}
		status := strings.ToLower(Text(server, "status"))
		switch {
		case slices.Contains(final, status):
			if err := progress(100); err != nil {
				return false, false, err
			}
			return true, true, e.Say("\nFinished")
		case status == "error" || status == "deleted":
			if err := e.Say("\n%s%s %s server", strings.ToUpper(status[:1]), status[1:], doing); err != nil {
				return false, false, err
			}
			return false, false, ended(server, status)
		}
		looks++
		if looks%showEvery != 1 {
			return false, false, nil
		}
		done, _ := Member(server, "progress").(int)
		return false, false, progress(done)
	})
	return err
}

// ended is why a server that was waited for will not get there.
func ended(server out.Object, status string) error {
	class, text := "ResourceInErrorState", "Server "+Text(server, "name")+" ("+Text(server, "id")+") is in the error state"
	if status == "deleted" {
		class, text = "InstanceInDeletedState", "Server "+Text(server, "id")+" was deleted"
	}
	if fault, ok := Member(server, "fault").(out.Object); ok {
		text += " due to '" + Text(fault, "message") + "'"
	}
	return &client.Failure{Class: class, Message: text + "."}
}
