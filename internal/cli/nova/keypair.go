package nova

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func keypairCommands() []command {
	owner := arg.Arg{Flags: "--user", Metavar: "<user-id>", Help: "ID of the user whose they are (for administrators)."}
	name := arg.Arg{Dest: "keypair", Metavar: "<keypair>", Help: "Name of the key pair."}
	remove := arg.Arg{Dest: "name", Metavar: "<name>", Help: "Name of the key pair."}
	return []command{
		{
			Name: "keypair-add", Summary: "Make a key pair, or keep the public key of one.", Run: keypairAdd,
			Args: []arg.Arg{
				{Dest: "name", Metavar: "<name>", Help: "Name for it."},
				{Flags: "--pub-key", Metavar: "<pub-key>", Help: "File of the public key, - for stdin. Without, a pair is made and the private key printed (until 2.91)."},
				{Flags: "--key-type", Metavar: "<key-type>", Default: "ssh", Versions: "2.2", Help: "ssh or x509."},
				{Flags: "--user", Metavar: "<user-id>", Versions: "2.10", Help: "ID of the user who is to have it (for administrators)."},
			},
		},
		{Name: "keypair-list", Summary: "List key pairs.", Versions: "2.0-2.9", Run: keypairList},
		{Name: "keypair-list", Summary: "List key pairs.", Versions: "2.10-2.34", Run: keypairList, Args: []arg.Arg{owner}},
		{Name: "keypair-list", Summary: "List key pairs.", Versions: "2.35", Run: keypairList, Args: []arg.Arg{owner, markerArg, limitArg}},
		{Name: "keypair-show", Summary: "Show a key pair.", Versions: "2.0-2.9", Run: keypairShow, Args: []arg.Arg{name}},
		{Name: "keypair-show", Summary: "Show a key pair.", Versions: "2.10", Run: keypairShow, Args: []arg.Arg{name, owner}},
		{Name: "keypair-delete", Summary: "Delete a key pair.", Versions: "2.0-2.9", Run: keypairDelete, Args: []arg.Arg{remove}},
		{Name: "keypair-delete", Summary: "Delete a key pair.", Versions: "2.10", Run: keypairDelete, Args: []arg.Arg{remove, owner}},
	}
}

// ownerOf is the user whose key pairs are meant, where the version has them.
func ownerOf(e *verb.Env) wire.Opt[string] {
	if !e.Since(10) {
		return wire.Opt[string]{}
	}
	return optional(e.Args.String("user"))
}

func keypairAdd(ctx context.Context, e *verb.Env) error {
	a := e.Args
	key, err := publicKey(e, a.String("pub_key"))
	if err != nil {
		return err
	}
	if key == "" && e.Since(92) {
		return verb.Refuse("From API version 2.92 the server makes no keys: make one with ssh-keygen and give its public half with --pub-key.")
	}
	pair := compute.KeypairNew{
		NameOld: a.String("name"), Name: a.String("name"), PublicKeyOld: optional(key), PublicKey: key,
		Type: optional(a.String("key_type")), UserID: ownerOf(e),
	}
	made, err := client.Do(ctx, e.Compute(), compute.CreateKeypair, compute.KeypairCreate{Keypair: pair})
	if err != nil || a.String("pub_key") != "" {
		return err
	}
	return e.Say("%s", made.Keypair.PrivateKey.V.Reveal())
}

// publicKey reads a public key's file; - is stdin, ~ the home folder.
func publicKey(e *verb.Env, path string) (string, error) {
	switch {
	case path == "":
		return "", nil
	case path == "-":
		data, err := io.ReadAll(e.In)
		return string(data), err
	}
	file := path
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || rest[0] == '/') {
		file = filepath.Join(e.Env("HOME"), rest)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", verb.Refuse("Can't open or read '%s': %s", path, reason(err))
	}
	return string(data), nil
}

func keypairList(ctx context.Context, e *verb.Env) error {
	query := compute.KeypairQuery{UserID: ownerOf(e)}
	if e.Since(35) {
		query.Marker = optional(e.Args.String("marker"))
		if limit := e.Args.Int("limit"); limit != 0 {
			query.Limit = wire.Some(limit)
		}
	}
	items, err := verb.AskAll(ctx, e.Compute(), compute.ListKeypairs, query, "keypairs")
	if err != nil {
		return err
	}
	for i := range items {
		items[i], _ = verb.Member(items[i], "keypair").(out.Object)
	}
	columns := verb.Columns("Name", "Type", "Fingerprint")
	if !e.Since(2) {
		columns = verb.Columns("Name", "Fingerprint")
	}
	return e.List(columns, items, "")
}

func keypairShow(ctx context.Context, e *verb.Env) error {
	name := e.Args.String("keypair")
	pair, err := verb.AskFor(ctx, e.Compute(), compute.ShowKeypair, compute.KeypairName{Name: name, UserID: ownerOf(e)}, "keypair")
	if err != nil {
		return noKeypair(e, name, err)
	}
	if e.Print.Format != out.FormatTable {
		return e.Print.Show(pair, 0)
	}
	key := verb.Member(pair, "public_key")
	verb.Remove(&pair, "public_key")
	if err := e.Print.Show(pair, 0); err != nil {
		return err
	}
	return e.Say("Public key: %s", out.Text(key))
}

func keypairDelete(ctx context.Context, e *verb.Env) error {
	name := e.Args.String("name")
	_, err := client.Do(ctx, e.Compute(), compute.DeleteKeypair, compute.KeypairName{Name: name, UserID: ownerOf(e)})
	return noKeypair(e, name, err)
}

// noKeypair is the error of a look-up by name, which these commands did before 2.10.
func noKeypair(e *verb.Env, name string, err error) error {
	if errors.Is(err, client.ErrNotFound) && !e.Since(10) {
		return verb.Refuse("No keypair with a name or ID of '%s' exists.", name)
	}
	return err
}
