package nova

import (
	"bufio"
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func serverPasswordCommands() []command {
	return []command{
		{Name: "set-password", Summary: "Change the password of a server's administrator; asks for it.", Run: setPassword, Args: []arg.Arg{serverArg}},
		{
			Name: "get-password", Summary: "Print the password that a server's guest has posted to the metadata service.", Run: getPassword,
			Args: []arg.Arg{serverArg, {Dest: "private_key", Metavar: "<private-key>", Nargs: "?", Help: "File of the private key to decrypt it with; without, it is printed as it is, encrypted."}},
		},
		{
			Name: "clear-password", Summary: "Forget the password that a server's guest has posted; the guest's own stays.",
			Run: onServer(compute.ClearServerPassword), Args: []arg.Arg{serverArg},
		},
	}
}

func setPassword(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	ask := openPrompt(e)
	defer ask.close()
	password, err := ask.twice(ctx, "New password: ", "Again: ")
	if err != nil {
		return err
	}
	return e.Cloud.Servers.SetPassword(ctx, verb.Text(server, "id"), wire.Secret(password))
}

func getPassword(ctx context.Context, e *verb.Env) error {
	path := e.Args.String("private_key")
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		password, err := e.Cloud.Servers.Password(ctx, id)
		if err != nil {
			return err
		}
		if path == "" || password == "" {
			return e.Say("%s", password)
		}
		plain, err := decryptPassword(path, password, func() (string, error) {
			ask := openPrompt(e)
			defer ask.close()
			return ask.secret(ctx, "Passphrase of "+path+": ")
		})
		if err != nil {
			return e.Say("%s\nFailed to decrypt:\n%s", err, password)
		}
		return e.Say("%s", plain)
	})
}

// decryptPassword opens what a guest encrypted with the public half of an RSA key (PKCS #1 v1.5) and wrote in base64.
// The key's file is PEM or OpenSSH's; passphrase is asked for one that has one.
func decryptPassword(path, password string, passphrase func() (string, error)) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the private key %s cannot be read: %s", path, reason(err))
	}
	key, err := ssh.ParseRawPrivateKey(data)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		text, err := passphrase()
		if err != nil {
			return "", err
		}
		if key, err = ssh.ParseRawPrivateKeyWithPassphrase(data, []byte(text)); err != nil {
			return "", fmt.Errorf("that is not the passphrase of the private key %s", path)
		}
	}
	switch {
	case strings.Contains(string(data), "BEGIN ENCRYPTED PRIVATE KEY"):
		return "", fmt.Errorf("the private key %[1]s is encrypted as PKCS #8; take a copy in OpenSSH's form: ssh-keygen -p -f COPY-OF-%[1]s", path)
	case err != nil && locked == nil:
		return "", fmt.Errorf("there is no private key in %s, or of no form that is known: PEM and OpenSSH's are", path)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return "", fmt.Errorf("the private key %s is no RSA key, and only with RSA can a password be encrypted", path)
	}
	sealed, err := base64.StdEncoding.DecodeString(password)
	if err != nil {
		return "", errors.New("what the guest has posted is not in base64")
	}
	//lint:ignore SA1019 this is how guests encrypt; nobody else learns whether it failed
	plain, err := rsa.DecryptPKCS1v15(nil, private, sealed)
	if err != nil {
		return "", fmt.Errorf("the password was not encrypted for the private key %s: is it the key that the server was made with?", path)
	}
	return string(plain), nil
}

// A prompt asks a person for secrets: on the terminal, without showing what is typed; without a terminal it asks on
// stderr and reads lines from stdin.
type prompt struct {
	tty   *os.File // nil: there is none
	lines *bufio.Reader
	show  io.Writer
}

func openPrompt(e *verb.Env) *prompt {
	tty, err := openTerminal()
	if err != nil {
		return &prompt{lines: bufio.NewReader(e.In), show: e.Err}
	}
	return &prompt{tty: tty, lines: bufio.NewReader(tty), show: tty}
}

func (p *prompt) close() {
	if p.tty != nil {
		_ = p.tty.Close()
	}
}

// twice asks for a secret, and for the same again.
func (p *prompt) twice(ctx context.Context, question, again string) (string, error) {
	first, err := p.secret(ctx, question)
	if err != nil {
		return "", err
	}
	second, err := p.secret(ctx, again)
	if err == nil && first != second {
		err = verb.Refuse("Passwords do not match.")
	}
	return first, err
}

func (p *prompt) secret(ctx context.Context, question string) (string, error) {
	if p.tty != nil {
		restore, err := hideInput(p.tty)
		if err != nil {
			return "", err
		}
		defer restore()
		stop := context.AfterFunc(ctx, func() { _ = p.tty.SetReadDeadline(time.Unix(1, 0)) })
		defer stop()
		defer func() { _, _ = io.WriteString(p.show, "\n") }()
	}
	if _, err := io.WriteString(p.show, question); err != nil {
		return "", err
	}
	line, err := p.lines.ReadString('\n')
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == io.EOF && line == "":
		return "", verb.Refuse("There is nobody to ask for the secret: no terminal, and stdin has ended.")
	case err != nil && err != io.EOF:
		return "", err
	}
	return strings.TrimSuffix(line, "\n"), nil
}
