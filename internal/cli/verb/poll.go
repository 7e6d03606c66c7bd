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
	look := func(ctx context.Context) (out.Object, error) {
		return AskFor(ctx, e.Compute(), compute.ShowServer, compute.ServerID{ID: id}, "server")
	}
	return e.PollOn(ctx, "server", id, look, doing, percent, final...)
}

// PollOn waits as Poll does, for a thing of another kind, such as image, that look returns.
func (e *Env) PollOn(ctx context.Context, kind, id string, look func(context.Context) (out.Object, error), doing string, percent bool, final ...string) error {
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
	wait := client.Wait{What: kind + " " + id, Every: pollEvery, Clock: e.Clock}
	looks := 0
	_, err := client.Until(ctx, wait, func(ctx context.Context) (bool, bool, error) {
		thing, err := look(ctx)
		if err != nil {
			return false, false, err
		}
		status := strings.ToLower(Text(thing, "status"))
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
			return false, false, ended(kind, thing, status)
		}
		looks++
		if looks%showEvery != 1 {
			return false, false, nil
		}
		done, _ := Member(thing, "progress").(int)
		return false, false, progress(done)
	})
	return err
}

// ended is why a thing that was waited for will not get there.
func ended(kind string, thing out.Object, status string) error {
	kind = strings.ToUpper(kind[:1]) + kind[1:]
	class, text := "ResourceInErrorState", kind+" "+Text(thing, "name")+" ("+Text(thing, "id")+") is in the error state"
	if status == "deleted" {
		class, text = "InstanceInDeletedState", kind+" "+Text(thing, "id")+" was deleted"
	}
	if fault, ok := Member(thing, "fault").(out.Object); ok {
		text += " due to '" + Text(fault, "message") + "'"
	}
	return &client.Failure{Class: class, Message: text + "."}
}
