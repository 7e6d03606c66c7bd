package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// startup is how long after exec a new cloud gives a token and can be used, how
// long one that was there before takes, and what it holds when nobody asks
// anything.
func (b *bench) startup(ctx context.Context) error {
	for _, kind := range []string{"a new cloud", "the same cloud again"} {
		c, err := b.start(ctx, "startup", "--driver", "fake")
		if err != nil {
			return err
		}
		for c.login(ctx) != nil {
			select {
			case <-c.ended:
				return <-c.usable
			case <-time.After(time.Millisecond):
			}
		}
		token := time.Since(c.begun)
		if err := <-c.usable; err != nil {
			return err
		}
		b.report.add("exec to first token, "+kind, millis(token), "", "fake driver; the password is checked by bcrypt, which takes its time")
		b.report.add("exec to usable, "+kind, millis(c.took), "< 500 ms", "every API answers and a host has reported")
		if kind != "a new cloud" {
			select {
			case <-time.After(5 * time.Second):
			case <-ctx.Done():
			}
			mib, err := resident(c.cmd.Process.Pid)
			if err != nil {
				return errSkip{err.Error()}
			}
			b.report.add("idle memory", fmt.Sprintf("%.0f MiB", mib), "< 60 MiB", "resident, 5 s after the start")
		}
		c.stop()
	}
	return nil
}

func (b *bench) flavors(ctx context.Context) error {
	c, err := b.up(ctx, "flavors", "--driver", "fake")
	if err != nil {
		return err
	}
	defer c.stop()
	return b.reads(ctx, c, "GET flavors/detail", "/compute/v2.1/flavors/detail", "")
}

// reads asks for a path by one client and then by eight, for two seconds each.
func (b *bench) reads(ctx context.Context, c *cloud, what, path, goal string) error {
	var one samples
	var size int
	for begun := time.Now(); time.Since(begun) < 2*time.Second; {
		asked := time.Now()
		n, err := c.call(ctx, http.MethodGet, path, nil, nil)
		if err != nil {
			return err
		}
		one, size = append(one, time.Since(asked)), n
	}
	var count atomic.Int64
	begun := time.Now()
	err := together(8, func(int) error {
		for time.Since(begun) < 2*time.Second {
			if _, err := c.call(ctx, http.MethodGet, path, nil, nil); err != nil {
				return err
			}
			count.Add(1)
		}
		return nil
	})
	rate := float64(count.Load()) / time.Since(begun).Seconds()
	b.report.add(what, one.percentiles(), goal, fmt.Sprintf("%d requests by one client, %d bytes each; eight clients get %.0f a second", len(one), size, rate))
	return err
}

// together runs do n times at once and returns the first error.
func together(n int, do func(i int) error) error {
	errs := make(chan error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { errs <- do(i) })
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// unlimited are the options of a cloud that refuses nobody for want of quota.
var unlimited = []string{"--quota", "instances=-1", "--quota", "cores=-1", "--quota", "ram=-1"}

const compute = "/compute/v2.1"

// order is the body of POST /servers.
func (c *cloud) order(ctx context.Context, name, flavor, network string) (map[string]any, error) {
	var images struct {
		Images []struct{ ID string } `json:"images"`
	}
	if _, err := c.call(ctx, http.MethodGet, "/image/v2/images?name=guest", nil, &images); err != nil {
		return nil, err
	}
	if len(images.Images) != 1 {
		return nil, errSkip{"the cloud has no image guest: make guest"}
	}
	return map[string]any{"server": map[string]any{"name": name, "flavorRef": flavor, "imageRef": images.Images[0].ID, "networks": network}}, nil
}

// thousand boots 1,000 servers on simulated hosts and lists them.
func (b *bench) thousand(ctx context.Context) error {
	const servers, clients = 1000, 8
	c, err := b.up(ctx, "thousand", append([]string{"--driver", "fake", "--hosts", "10"}, unlimited...)...)
	if err != nil {
		return err
	}
	defer c.stop()
	body, err := c.order(ctx, "vm", "42", "auto")
	if err != nil {
		return err
	}
	all, posted, took, err := c.boot(ctx, body, servers, clients)
	if err != nil {
		return err
	}
	b.report.add("1,000 servers to ACTIVE", fmt.Sprintf("%.1f s, %.0f a second", took.Seconds(), servers/took.Seconds()), "200 a second",
		fmt.Sprintf("fake driver, 10 hosts, a network each; the POSTs by %d clients were done after %.1f s, %s", clients, posted.Seconds(), all.percentiles()))
	var page struct {
		Servers []struct{ ID string } `json:"servers"`
	}
	if _, err := c.call(ctx, http.MethodGet, compute+"/servers?limit=1", nil, &page); err != nil || len(page.Servers) != 1 {
		return fmt.Errorf("no server in the list: %w", err)
	}
	for _, r := range []struct{ what, path, goal string }{
		{"GET servers/{id}", "/servers/" + page.Servers[0].ID, "p99 < 2 ms"},
		{"GET servers/detail, 20 of 1,000", "/servers/detail?limit=20", ""},
		{"GET servers/detail, all 1,000", "/servers/detail", "p99 < 30 ms"},
	} {
		if err := b.reads(ctx, c, r.what, compute+r.path, r.goal); err != nil {
			return err
		}
	}
	return nil
}

// boot makes n servers by so many clients, and waits until the cloud has n more that are active. It returns how long
// each POST took, when the last was done, and when the last server was active.
func (c *cloud) boot(ctx context.Context, body map[string]any, n, clients int) (posts samples, posted, took time.Duration, err error) {
	before, err := c.count(ctx, "ACTIVE")
	if err != nil {
		return nil, 0, 0, err
	}
	of := make([]samples, clients)
	begun := time.Now()
	if err := together(clients, func(i int) error {
		for range n / clients {
			asked := time.Now()
			if _, err := c.call(ctx, http.MethodPost, compute+"/servers", body, nil); err != nil {
				return err
			}
			of[i] = append(of[i], time.Since(asked))
		}
		return nil
	}); err != nil {
		return nil, 0, 0, err
	}
	posted = time.Since(begun)
	for {
		active, err := c.count(ctx, "ACTIVE")
		if err != nil {
			return nil, 0, 0, err
		}
		if active == before+n {
			return slices.Concat(of...), posted, time.Since(begun), nil
		}
		if failed, err := c.count(ctx, "ERROR"); err != nil || failed > 0 {
			return nil, 0, 0, fmt.Errorf("%d servers are in error: %w", failed, err)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, 0, 0, fmt.Errorf("%d of %d servers are active: %w", active-before, n, ctx.Err())
		}
	}
}

// count is how many servers have a status.
func (c *cloud) count(ctx context.Context, status string) (int, error) {
	all, marker := 0, ""
	for {
		var page struct {
			Servers []struct{ ID string } `json:"servers"`
		}
		if _, err := c.call(ctx, http.MethodGet, compute+"/servers?limit=1000&status="+status+marker, nil, &page); err != nil {
			return 0, err
		}
		all += len(page.Servers)
		if len(page.Servers) < 1000 {
			return all, nil
		}
		marker = "&marker=" + page.Servers[999].ID
	}
}

// qemu is how long after the POST a server's QEMU runs.
func (b *bench) qemu(ctx context.Context) error {
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		return errSkip{"QEMU is absent: apt-get install qemu-system-x86 qemu-utils"}
	}
	if _, err := os.Stat(filepath.Join(b.bin, "guest")); err != nil {
		return errSkip{"the guest is not built: make guest"}
	}
	c, err := b.up(ctx, "qemu", "--driver", "qemu", "--accel", "tcg")
	if err != nil {
		return err
	}
	defer c.stop()
	var took samples
	for i := range 5 {
		body, err := c.order(ctx, fmt.Sprintf("vm%d", i), "42", "auto")
		if err != nil {
			return err
		}
		var made struct{ Server struct{ ID string } }
		begun := time.Now()
		if _, err := c.call(ctx, http.MethodPost, compute+"/servers", body, &made); err != nil {
			return err
		}
		if err := c.await(ctx, made.Server.ID, "ACTIVE"); err != nil {
			return err
		}
		took = append(took, time.Since(begun))
		if _, err := c.call(ctx, http.MethodDelete, compute+"/servers/"+made.Server.ID, nil, nil); err != nil {
			return err
		}
		if err := c.await(ctx, made.Server.ID, ""); err != nil {
			return err
		}
	}
	b.report.add("POST to running QEMU, first", millis(took[0]), "", "TCG; the image is fetched and laid in the cache")
	b.report.add("POST to running QEMU, later", "p50 "+took[1:].at(50), "< 150 ms", "four servers; asked for every 5 ms until ACTIVE")
	return nil
}

// await asks for a server until it has the status; empty: until it is gone.
func (c *cloud) await(ctx context.Context, id, status string) error {
	for {
		var shown struct{ Server struct{ Status string } }
		_, err := c.call(ctx, http.MethodGet, compute+"/servers/"+id, nil, &shown)
		switch {
		case status == "" && err != nil || err == nil && shown.Server.Status == status:
			return nil
		case err != nil:
			return err
		case shown.Server.Status == "ERROR":
			return fmt.Errorf("server %s is in error", id)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark(Encode|Decode)/(wire|json)\S*\s+\d+\s+(\d+) ns/op`)

// encoder runs the benchmarks of api/wire, which compare it with encoding/json,
// and keeps the best of three.
func (b *bench) encoder(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "Encode|Decode", "-benchtime", "50x", "-count", "3", "./api/wire").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	took := map[string]time.Duration{}
	for _, m := range benchmarkLine.FindAllStringSubmatch(string(out), -1) {
		ns, err := strconv.ParseInt(m[3], 10, 64)
		if err != nil {
			return err
		}
		if best, seen := took[m[1]+m[2]]; !seen || time.Duration(ns) < best {
			took[m[1]+m[2]] = time.Duration(ns)
		}
	}
	if len(took) != 4 {
		return fmt.Errorf("api/wire has other benchmarks than Encode and Decode: %s", out)
	}
	for _, way := range []string{"Encode", "Decode"} {
		wire, plain := took[way+"wire"], took[way+"json"]
		b.report.add(way+" 1,000 servers", millis(wire), "", fmt.Sprintf("encoding/json on plain structs: %s; ratio %.2f", millis(plain), float64(wire)/float64(plain)))
	}
	return nil
}
