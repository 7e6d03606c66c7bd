package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	apiimage "github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/guest/image"
	"github.com/novalet/novalet/internal/server"
)

func guestFlags(set *flag.FlagSet, o *options) {
	set.StringVar(&o.out, "out", defaultGuest(), "`DIR` to build into")
}

// runGuest builds the guest from the module that the working folder is in.
func runGuest(ctx context.Context, o *options) error {
	if len(o.args) != 1 || o.args[0] != "build" {
		return errors.New("novalet guest has one thing to do: novalet guest build [--out DIR]")
	}
	files, err := image.Build(ctx, ".", o.out)
	if err != nil {
		return err
	}
	for _, path := range []string{files.Kernel, files.Initrd, files.Disk} {
		fmt.Fprintln(o.stdout, filepath.Clean(path))
	}
	return nil
}

func docFlags(set *flag.FlagSet, o *options) {
	set.StringVar(&o.version, "version", "", "microversion, such as 2.79; default: the latest")
}

// documented are the APIs that have a document.
var documented = map[string]struct {
	title  string
	routes func() []wire.Endpoint
	latest wire.Version
}{
	"compute":  {"Compute API", compute.Routes, compute.MaxVersion},
	"identity": {"Identity API", identity.Routes, wire.Version{}},
	"image":    {"Image API", apiimage.Routes, wire.Version{}},
}

func runDoc(_ context.Context, o *options) error {
	if len(o.args) != 1 {
		return errors.New("name one API: novalet api-doc compute|identity|image [--version 2.79]")
	}
	api, known := documented[o.args[0]]
	if !known {
		return fmt.Errorf("there is no document of %q: compute, identity and image have one", o.args[0])
	}
	version := api.latest
	if o.version != "" {
		asked, err := wire.ParseVersion(o.version)
		if err != nil {
			return err
		}
		if version.IsZero() || version.Less(asked) || asked.Less(compute.MinVersion) {
			return fmt.Errorf("the %s API has no version %s: ask for 2.1 to %s of compute, and for none of the others", o.args[0], asked, compute.MaxVersion)
		}
		version = asked
	}
	text, err := json.MarshalIndent(wire.OpenAPI(api.title, version, api.routes()), "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(o.stdout, "%s\n", text)
	return nil
}

func policyFlags(set *flag.FlagSet, o *options) {
	set.StringVar(&o.config.Policy, "policy", "", "policy `FILE` whose rules override the defaults")
}

func runPolicy(_ context.Context, o *options) error {
	if len(o.args) != 1 || o.args[0] != "list" {
		return errors.New("novalet policy has one thing to do: novalet policy list [--policy FILE]")
	}
	return server.ListPolicy(o.stdout, o.config.Policy)
}

func keysFlags(set *flag.FlagSet, o *options) { stateFlag(set, o) }

// runKeys rotates the token keys; a running cloud reads them again by itself.
func runKeys(_ context.Context, o *options) error {
	if len(o.args) != 1 || o.args[0] != "rotate" {
		return errors.New("novalet keys has one thing to do: novalet keys rotate [--state DIR]")
	}
	return server.RotateKeys(o.config.StateDir)
}
