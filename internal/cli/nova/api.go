package nova

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func apiCommands() []command {
	return []command{{
		Name: "api", Own: true, Run: callAPI,
		Summary: "Send any request with the token of the session, and print the reply.",
		Description: "Send any request with the token of the session and the version agreed on, and print the reply: as it came, " +
			"or indented on a terminal. A reply of 400 or more is printed too, and the exit code is 1.",
		Args: []arg.Arg{
			{Dest: "method", Metavar: "METHOD", Help: "GET, POST, PUT, PATCH, DELETE or HEAD."},
			{Dest: "path", Metavar: "PATH", Help: "Below the endpoint, such as /servers?limit=1; or a URL that is there, such as a link in a reply."},
			{Flags: "--data", Metavar: "JSON", Help: "Body of the request; @FILE reads it from a file, - from stdin."},
			{Flags: "--header", Metavar: "'NAME: VALUE'", Action: arg.Append, Help: "Another header. 'OpenStack-API-Version: compute 2.1' stands instead of the version agreed on."},
			{Flags: "--service", Metavar: "TYPE", Default: "compute", Help: "Service of the catalog: compute if not given; image, identity, network, volume, placement, ..."},
			{Flags: "-i --include", Action: arg.StoreTrue, Help: "Print the status and the headers before the body."},
		},
	}}
}

func callAPI(ctx context.Context, e *verb.Env) error {
	a := e.Args
	method := strings.ToUpper(a.String("method"))
	if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}, method) {
		return verb.Refuse("'%s' is not a method of HTTP that an API has: use GET, POST, PUT, PATCH, DELETE or HEAD.", a.String("method"))
	}
	header, err := headersOf(a.Strings("header"))
	if err != nil {
		return err
	}
	var body []byte
	if a.Has("data") {
		if body, err = dataOf(a.String("data"), e.In); err != nil {
			return err
		}
		if header.Get("Content-Type") == "" && !json.Valid(body) {
			return verb.Refuse("--data is not JSON: quote it for the shell ('{\"name\": \"x\"}'), or say what it is with --header 'Content-Type: ...'.")
		}
	}
	reply, err := serviceOf(e.Cloud, a.String("service")).Raw(ctx, method, a.String("path"), header, body)
	var refusal *client.Error
	if errors.As(err, &refusal) && refusal.Reply() != nil {
		reply = refusal.Reply()
	} else if err != nil {
		return err
	}
	return errors.Join(printReply(e, reply, a.Bool("include")), err)
}

func serviceOf(cloud *client.Client, kind string) *client.Service {
	switch kind {
	case "compute":
		return cloud.Compute
	case "image":
		return cloud.Image
	case "identity":
		return cloud.Identity
	}
	return cloud.Service(kind)
}

func headersOf(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, verb.Refuse("--header '%s' is not of the form 'NAME: VALUE'.", line)
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return header, nil
}

// dataOf reads what --data says.
func dataOf(text string, stdin io.Reader) ([]byte, error) {
	switch {
	case text == "-":
		return io.ReadAll(stdin)
	case strings.HasPrefix(text, "@"):
		data, err := os.ReadFile(text[1:])
		if err != nil {
			return nil, verb.Refuse("--data: %v", err)
		}
		return data, nil
	}
	return []byte(text), nil
}

func printReply(e *verb.Env, reply *client.Response, include bool) error {
	if include {
		var head strings.Builder
		fmt.Fprintf(&head, "HTTP %d %s\n", reply.Status, http.StatusText(reply.Status))
		for _, name := range slices.Sorted(maps.Keys(reply.Header)) {
			for _, value := range reply.Header[name] {
				fmt.Fprintf(&head, "%s: %s\n", name, value)
			}
		}
		if err := e.Say("%s", head.String()); err != nil {
			return err
		}
	}
	if e.Print.Filter != nil || e.Print.Format != "" && e.Print.Format != out.FormatTable {
		var object out.Object
		if err := json.Unmarshal(reply.Body, &object); err == nil {
			return e.Print.Show(object, 0)
		}
	}
	body := reply.Body
	if e.Print.Terminal && len(body) > 0 {
		var indented bytes.Buffer
		if json.Indent(&indented, body, "", "  ") == nil {
			body = indented.Bytes()
		}
		return e.Say("%s", body)
	}
	_, err := e.Print.W.Write(body)
	return err
}
