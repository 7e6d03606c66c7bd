package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/engine/virt/qemu"
)

// builtGuest is the folder where `make guest` puts the guest.
const builtGuest = "../../bin/guest"

// TestKill9QEMU kills the cloud while it builds, stops and deletes real
// machines: those that run go on in the same process, and the next cloud has
// them in hand.
func TestKill9QEMU(t *testing.T) {
	if testing.Short() {
		t.Skip("real QEMU is left out of short tests")
	}
	if _, err := qemu.Find(""); err != nil {
		t.Skipf("no QEMU to test with: %v", err)
	}
	if _, err := os.Stat(filepath.Join(builtGuest, "vmlinuz")); err != nil {
		t.Skipf("no guest to boot, make guest builds it: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "cloud")
	servers := filepath.Join(dir, "hosts", "host", "servers")
	args := []string{"up", "--state", dir, "--listen", freeAddress(t), "--driver", "qemu", "--accel", "tcg", "--host", "host", "--guest", builtGuest}
	t.Cleanup(func() { // whatever the test leaves
		for _, p := range machines(t, servers) {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	})

	cloud := run(t, args...)
	c := connect(t, dir)
	must(t, boot(t.Context(), c, "vm", imageNamed(t, c, "guest"), 3))
	time.Sleep(700 * time.Millisecond) // somewhere in the building
	cloud.kill()

	cloud = run(t, args...)
	c = connect(t, dir)
	var ids []string
	for id, s := range settled(t, c) {
		if s.Status != "ACTIVE" {
			t.Fatalf("server %s is %s after the first kill: %+v", id, s.Status, s.Fault)
		}
		ids = append(ids, id)
	}
	if len(ids) != 3 {
		t.Fatalf("%d servers, want 3", len(ids))
	}
	steady, stopped, deleted := ids[0], ids[1], ids[2]
	for _, id := range []string{steady, stopped} {
		log := awaitConsole(t, c, id, "novalet guest login:")
		if !strings.Contains(log, "server: "+id) { // which the guest asked the metadata service
			t.Errorf("server %s does not know itself:\n%s", id, log)
		}
	}
	before := machines(t, servers)
	if len(before) != 3 {
		t.Fatalf("%d QEMU processes, want 3: %v", len(before), before)
	}

	must(t, stopper(c)(t.Context(), stopped))
	must(t, c.Servers.Delete(t.Context(), deleted))
	time.Sleep(200 * time.Millisecond) // somewhere in both
	cloud.kill()
	if now := machines(t, servers)[steady]; now != before[steady] {
		t.Errorf("the kill left the running guest as %+v, it was %+v", now, before[steady])
	}

	cloud = run(t, args...)
	c = connect(t, dir)
	after := settled(t, c)
	if after[steady].Status != "ACTIVE" || after[stopped].Status != "SHUTOFF" || after[deleted].Status != "" {
		t.Errorf("after the second kill: running %q, stopped %q, deleted %q", after[steady].Status, after[stopped].Status, after[deleted].Status)
	}
	if now := machines(t, servers); len(now) != 1 || now[steady] != before[steady] {
		t.Errorf("QEMU processes %v, want %+v of %s alone", now, before[steady], steady)
	}
	if _, err := os.Stat(filepath.Join(servers, deleted)); !os.IsNotExist(err) {
		t.Errorf("the deleted server's folder is there: %v", err)
	}

	// The guest that was found again is in hand.
	must(t, stopper(c)(t.Context(), steady))
	if _, err := c.Servers.Await(t.Context(), steady, client.Wait{Every: 100 * time.Millisecond, Timeout: 2 * time.Minute}, nil, "SHUTOFF"); err != nil {
		t.Error(err)
	}
	for _, id := range []string{steady, stopped} {
		must(t, c.Servers.Delete(t.Context(), id))
	}
	if left := settled(t, c); len(left) != 0 {
		t.Errorf("%d servers are left", len(left))
	}
	cloud.stop()
	if now := machines(t, servers); len(now) != 0 {
		t.Errorf("QEMU processes are left: %v", now)
	}
	if left, _ := os.ReadDir(servers); len(left) != 0 {
		t.Errorf("left behind in the host's folder: %v", left)
	}
	audited(t, "sqlite:"+filepath.Join(dir, "novalet.db"), nil)
}

// awaitConsole waits until a server's console log has some words, and returns it.
func awaitConsole(t *testing.T, c *client.Client, id, words string) string {
	t.Helper()
	wait := client.Wait{What: words + " on the console", Every: 200 * time.Millisecond, Timeout: 4 * time.Minute}
	log, err := client.Until(t.Context(), wait, func(ctx context.Context) (string, bool, error) {
		out, err := client.Do(ctx, c.Compute, compute.GetConsoleOutput, compute.ConsoleOutputWanted{ID: id})
		return out.Output, strings.Contains(out.Output, words), err
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return log
}

// machine is a QEMU process. Its id and its start time, in ticks since the
// computer came up, are never given twice together.
type machine struct {
	pid   int
	since string
}

// machines finds the QEMU processes of a host's guests by their command lines.
func machines(t *testing.T, servers string) map[string]machine {
	t.Helper()
	found := map[string]machine{}
	entries, err := os.ReadDir("/proc")
	must(t, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		stat, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		_, rest, ours := strings.Cut(string(line), servers+"/")
		_, numbers, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(numbers)
		if ours && strings.Contains(string(line), "qemu-system") && len(rest) > 36 && len(fields) > 19 {
			found[rest[:36]] = machine{pid, fields[19]}
		}
	}
	return found
}
