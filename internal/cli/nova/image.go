package nova

import (
	"context"

	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// findImage finds an image by id or exact name.
func findImage(ctx context.Context, e *verb.Env, nameOrID string) (out.Object, error) {
	if verb.IsUUID(nameOrID) {
		return verb.Ask(ctx, e.Cloud.Image, image.ShowImage, image.ImageID{ID: nameOrID})
	}
	matches, err := verb.AskAll(ctx, e.Cloud.Image, image.ListImages, image.Query{Name: nameOrID}, "images")
	return theOnly("Image", nameOrID, matches, err)
}

// imageWith finds the images that have all of the properties given.
func imagesWith(ctx context.Context, e *verb.Env, wanted []pair) ([]out.Object, error) {
	all, err := verb.AskAll(ctx, e.Cloud.Image, image.ListImages, image.Query{}, "images")
	if err != nil {
		return nil, err
	}
	var matches []out.Object
	for _, item := range all {
		matching := true
		for _, p := range wanted {
			value, isText := verb.Member(item, p.key).(string)
			matching = matching && isText && value == p.value
		}
		if matching {
			matches = append(matches, item)
		}
	}
	return matches, nil
}

// networkQuery asks for networks by name; networks is the route of the Networking API for it. That API is not part of
// the contract: this one look-up is all that nova does there.
type networkQuery struct {
	Name string `query:"name"`
}

var networks = wire.Route[networkQuery, wire.None]{
	Name: "networks.list", Method: "GET", Path: "/v2.0/networks", Status: "200", LooseQuery: "always",
}

// findNetwork finds a network's id by its name.
func findNetwork(ctx context.Context, e *verb.Env, name string) (string, error) {
	matches, err := verb.AskAll(ctx, e.Cloud.Service("network"), networks, networkQuery{Name: name}, "networks")
	found, err := theOnly("Network", name, matches, err)
	return verb.Text(found, "id"), err
}

func theOnly(class, name string, matches []out.Object, err error) (out.Object, error) {
	switch {
	case err != nil:
		return nil, err
	case len(matches) == 0:
		return nil, &client.Failure{Class: client.CommandError, Message: "No " + class + " matching " + name + ". (HTTP 404)"}
	case len(matches) > 1:
		return nil, verb.Refuse("Multiple %s matches found for '%s', use an ID to be more specific.", class, name)
	}
	return matches[0], nil
}
