package novatest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/novatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// boot asks for a server and waits until it has one of the statuses.
func boot(t *testing.T, c *client.Client, name string, statuses ...string) compute.Server {
	t.Helper()
	ctx := t.Context()
	images, err := client.Collect(c.Images.List(ctx, image.Query{}))
	if err != nil || len(images) == 0 {
		t.Fatalf("images: %v, %v", images, err)
	}
	made, err := c.Servers.Create(ctx, compute.ServerCreate{Server: compute.ServerNew{
		Name: name, FlavorRef: "42", ImageRef: wire.Some(images[0].ID),
		Networks: wire.Some(compute.NetworksWanted{Word: "auto"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	server, err := c.Servers.Await(ctx, made.ID, wait, nil, statuses...)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

var wait = client.Wait{Every: 5 * time.Millisecond, Timeout: time.Minute}

// The life of a server, as an ordinary user, on both databases.
func TestCloud(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		cloud := novatest.New(t, novatest.Database(url), novatest.Hosts(2))
		c, ctx := cloud.Client(cloud.Demo()).At(wire.V(2, 79)), t.Context()
		server := boot(t, c, "vm1", "ACTIVE")
		if _, err := client.Do(ctx, c.Compute, compute.StopServer, compute.ServerID{ID: server.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Servers.Await(ctx, server.ID, wait, nil, "SHUTOFF"); err != nil {
			t.Fatal(err)
		}
		if err := c.Servers.Delete(ctx, server.ID); err != nil {
			t.Fatal(err)
		}
		if err := c.Servers.AwaitGone(ctx, server.ID, wait); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOptions(t *testing.T) {
	cloud := novatest.New(t, novatest.Quota("instances", 1), novatest.Faults(`spawn fail="no such luck"`))
	c := cloud.Client(cloud.Demo()).At(wire.V(2, 79))
	server := boot(t, c, "vm1", "ERROR")
	if fault, _ := server.Fault.Get(); !strings.Contains(fault.Message, "no such luck") {
		t.Errorf("fault %+v", fault)
	}
	_, err := c.Servers.Create(context.Background(), compute.ServerCreate{Server: compute.ServerNew{
		Name: "vm2", FlavorRef: "42", ImageRef: wire.Some(server.Image.ID), Networks: wire.Some(compute.NetworksWanted{Word: "auto"}),
	}})
	if !errors.Is(err, client.ErrForbidden) {
		t.Errorf("the second of one server: %v", err)
	}
	if env := cloud.Admin().Env(); !slices.Contains(env, "OS_AUTH_URL="+cloud.URL()+"/v3") || !slices.Contains(env, "OS_USERNAME=admin") {
		t.Errorf("environment %v", env)
	}
}
