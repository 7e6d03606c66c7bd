package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cloud is a novalet process started for a measurement.
type cloud struct {
	cmd    *exec.Cmd
	state  string
	url    string
	begun  time.Time
	usable chan error    // nil at its first word, or why it ended without one
	took   time.Duration // from exec to that word; set before usable is sent to
	ended  chan struct{}
	token  string
}

// start runs novalet up in the given state folder and returns at once.
func (b *bench) start(ctx context.Context, state string, args ...string) (*cloud, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	state = filepath.Join(b.dir, state)
	c := &cloud{state: state, url: "http://" + address, usable: make(chan error, 1), ended: make(chan struct{})}
	novalet, err := filepath.Abs(filepath.Join(b.bin, "novalet"))
	if err != nil {
		return nil, err
	}
	c.cmd = exec.CommandContext(ctx, novalet, append([]string{"up", "--state", state, "--listen", address}, args...)...)
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = 10 * time.Second
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var failure bytes.Buffer
	c.cmd.Stderr = &failure
	c.begun = time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: make build first", err)
	}
	go func() {
		defer close(c.ended)
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); first = false {
			if first {
				c.took = time.Since(c.begun)
				c.usable <- nil
			}
		}
		if err := c.cmd.Wait(); err != nil {
			select {
			case c.usable <- fmt.Errorf("novalet ended: %w: %s", err, failure.String()):
			default:
			}
		}
	}()
	return c, nil
}

// up starts a cloud and returns once it can be used, with a token of its
// administrator.
func (b *bench) up(ctx context.Context, state string, args ...string) (*cloud, error) {
	c, err := b.start(ctx, state, args...)
	if err != nil {
		return nil, err
	}
	if err := <-c.usable; err != nil {
		return nil, err
	}
	if err := c.login(ctx); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// stop ends the process and waits for it.
func (c *cloud) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	<-c.ended
}

// env are the variables of the cloud's openrc.
func (c *cloud) env() (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(c.state, "openrc"))
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "="); ok {
			env[name] = strings.Trim(value, `'"`)
		}
	}
	return env, nil
}

// login gets a token for the administrator, once there is an openrc and an API.
func (c *cloud) login(ctx context.Context) error {
	env, err := c.env()
	if err != nil {
		return err
	}
	domain := map[string]any{"name": env["OS_USER_DOMAIN_NAME"]}
	res, err := c.send(ctx, http.MethodPost, "/v3/auth/tokens", map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{
			"user": map[string]any{"name": env["OS_USERNAME"], "password": env["OS_PASSWORD"], "domain": domain},
		}},
		"scope": map[string]any{"project": map[string]any{"name": env["OS_PROJECT_NAME"], "domain": domain}},
	}})
	if err != nil {
		return err
	}
	defer drain(res)
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("a token: %s", res.Status)
	}
	c.token = res.Header.Get("X-Subject-Token")
	return nil
}

// send makes one request of compute's 2.96 and returns whatever comes.
func (c *cloud) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, text)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Auth-Token", c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("OpenStack-API-Version", "compute 2.96")
	return http.DefaultClient.Do(req)
}

// call is send for a reply that must be a success; it reads the reply into out,
// if that is not nil, and returns its size.
func (c *cloud) call(ctx context.Context, method, path string, body, out any) (int, error) {
	res, err := c.send(ctx, method, path, body)
	if err != nil {
		return 0, err
	}
	defer drain(res)
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if res.StatusCode > 299 {
		return 0, fmt.Errorf("%s %s: %s: %.200s", method, path, res.Status, text)
	}
	if out != nil {
		err = json.Unmarshal(text, out)
	}
	return len(text), err
}

func drain(res *http.Response) {
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// resident is the memory that a process holds now, in MiB.
func resident(pid int) (float64, error) {
	var kib float64
	if _, err := fmt.Sscanf(field(filepath.Join("/proc", strconv.Itoa(pid), "status"), "VmRSS"), "%f kB", &kib); err != nil {
		return 0, errors.New("the system does not say how much memory a process holds")
	}
	return kib / 1024, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // only its port mattered
	return l.Addr().String(), nil
}
