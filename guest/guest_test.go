// Package guest_test boots the tiny guest on an emulated processor, on a
// tenant network of this process, and ends it the way the cloud does.
package guest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/guest/image"
	"github.com/novalet/novalet/internal/engine/hostnet"
	"github.com/novalet/novalet/internal/engine/qmp"
)

// patience is for a machine that compiles something else at the same time; on
// an idle one a boot takes four seconds.
const patience = 3 * time.Minute

const metaData = `{"uuid": "0f0e0d0c-0000-4000-8000-000000000001", "name": "vm1", "hostname": "vm1.novalocal",
	"availability_zone": "nova", "meta": {},
	"public_keys": {"mine": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGa5Xd3mMqSbW5S1tVqJ0Z7CMZQ8m4cX3bqfzR8x9nYt me@home"}}`

func TestGuestUnderQEMU(t *testing.T) {
	if testing.Short() {
		t.Skip("boots an emulated machine, which takes seconds: not with -short")
	}
	binary, err := exec.LookPath("qemu-system-x86_64")
	if err != nil {
		t.Skip("qemu-system-x86_64 is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	files, err := image.Build(ctx, ".", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	network := newNetwork(t)
	m := start(t, binary, files)
	if err := network.Attach(m.port); err != nil {
		t.Fatal(err)
	}

	m.waitFor(ctx, "novalet guest login:")
	for _, want := range []string{
		`eth0: 10\.0\.0\.7/24 gateway 10\.0\.0\.1 dns 10\.0\.0\.1 mac fa:16:3e:00:00:07`,
		`root disk: 1 MiB, boot 1`,
		`hostname: vm1\.novalocal`,
		`server: 0f0e0d0c-0000-4000-8000-000000000001 "vm1" zone nova`,
		`ssh key: mine SHA256:[A-Za-z0-9+/]{43}`,
		`user data: 12 bytes`,
		`reached target cloud: metadata service`,
	} {
		if !regexp.MustCompile(want).MatchString(m.log()) {
			t.Errorf("the console log lacks %s", want)
		}
	}

	m.say(t, "ip\n")
	m.waitFor(ctx, "10.0.0.7/24 ")
	m.say(t, "frobnicate\n")
	m.waitFor(ctx, "There is no shell")

	// The agent goes and comes back: a new network on the same socket serves
	// the same guest, which answers when spoken to.
	network.Close()
	network = newNetwork(t)
	if err := network.Attach(m.port); err != nil {
		t.Fatal(err)
	}
	if err := knock(ctx, network, "10.0.0.7:22"); err != nil {
		t.Error("after the network came back:", err)
	}

	// Ctrl-Alt-Del, then a cold start from the same disk, which remembers; the
	// power button. Both end in a power off of the guest's own making.
	monitor, err := qmp.Dial(ctx, m.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer monitor.Close()
	keys := []map[string]string{}
	for _, key := range []string{"ctrl", "alt", "delete"} {
		keys = append(keys, map[string]string{"type": "qcode", "data": key})
	}
	m.run(ctx, monitor, "send-key", map[string]any{"keys": keys})
	m.waitForShutdown(ctx, monitor, 1)
	m.run(ctx, monitor, "system_reset", nil)
	m.run(ctx, monitor, "cont", nil)
	m.waitFor(ctx, "boot 2")
	m.waitForCount(ctx, "reached target login", 2)
	m.run(ctx, monitor, "system_powerdown", nil)
	m.waitForShutdown(ctx, monitor, 2)
	m.run(ctx, monitor, "quit", nil)
	select {
	case err := <-m.exited:
		if err != nil {
			t.Error("QEMU:", err)
		}
	case <-ctx.Done():
		t.Error("QEMU does not quit")
	}
	if t.Failed() {
		t.Log(m.log())
	}
}

// knock finds a closed port: only a live guest refuses a connection.
func knock(ctx context.Context, n *hostnet.Network, address string) error {
	c, err := n.DialContext(ctx, "tcp", address)
	if err == nil {
		c.Close()
		return errors.New("port 22 is open")
	}
	if !strings.Contains(err.Error(), "refused") {
		return err
	}
	return nil
}

func newNetwork(t *testing.T) *hostnet.Network {
	t.Helper()
	n, err := hostnet.New(hostnet.Config{
		Name: "private", CIDR: netip.MustParsePrefix("10.0.0.0/24"), Gateway: netip.MustParseAddr("10.0.0.1"),
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := n.ListenTCP(netip.MustParseAddrPort("169.254.169.254:80"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openstack/latest/meta_data.json", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.RemoteAddr, "10.0.0.7:") {
			t.Errorf("metadata asked by %s", r.RemoteAddr)
		}
		io.WriteString(w, metaData)
	})
	mux.HandleFunc("GET /openstack/latest/user_data", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "#!/bin/true\n")
	})
	server := &http.Server{Handler: mux}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(l)
	}()
	t.Cleanup(func() {
		n.Close()
		server.Close()
		<-served
	})
	return n
}

// machine is a QEMU process with the guest in it.
type machine struct {
	t      *testing.T
	port   hostnet.Port
	serial string
	stdin  net.Conn // the serial line, towards the guest
	socket string   // QMP
	exited chan error
}

func start(t *testing.T, binary string, files image.Files) *machine {
	t.Helper()
	dir := t.TempDir()
	m := &machine{
		t:      t,
		serial: filepath.Join(dir, "console.log"),
		socket: filepath.Join(dir, "qmp"),
		exited: make(chan error, 1),
		port: hostnet.Port{
			MAC: net.HardwareAddr{0xfa, 0x16, 0x3e, 0, 0, 7}, IP: netip.MustParseAddr("10.0.0.7"),
			Hostname: "vm1", Socket: filepath.Join(dir, "net0"),
		},
	}
	line := filepath.Join(dir, "serial")
	cmd := exec.Command(binary,
		"-M", "q35", "-accel", "tcg", "-m", "192", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none", "-no-shutdown",
		"-kernel", files.Kernel, "-initrd", files.Initrd, "-append", image.KernelArgs,
		"-chardev", "socket,id=serial0,server=on,wait=off,path="+line+",logfile="+m.serial, "-serial", "chardev:serial0",
		"-drive", "if=none,id=root,format=raw,file="+files.Disk, "-device", "virtio-blk-pci,drive=root",
		"-netdev", hostnet.NetdevArg("net0", m.port.Socket), "-device", "virtio-net-pci,netdev=net0,mac="+m.port.MAC.String(),
		"-device", "virtio-rng-pci",
		"-qmp", "unix:"+m.socket+",server=on,wait=off")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		m.exited <- cmd.Wait()
		close(gone)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-gone
	})
	for m.stdin == nil {
		c, err := net.Dial("unix", line)
		if err == nil {
			m.stdin = c
			t.Cleanup(func() { c.Close() })
			go io.Copy(io.Discard, c)
			break
		}
		select {
		case err := <-m.exited:
			t.Fatalf("QEMU ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return m
}

func (m *machine) log() string {
	b, err := os.ReadFile(m.serial)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (m *machine) waitFor(ctx context.Context, text string) {
	m.t.Helper()
	m.waitForCount(ctx, text, 1)
}

func (m *machine) waitForCount(ctx context.Context, text string, count int) {
	m.t.Helper()
	for strings.Count(m.log(), text) < count {
		select {
		case <-ctx.Done():
			m.t.Fatalf("no %q on the console:\n%s", text, m.log())
		case err := <-m.exited:
			m.t.Fatalf("QEMU ended: %v before %q:\n%s", err, text, m.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (m *machine) say(t *testing.T, text string) {
	t.Helper()
	if _, err := fmt.Fprint(m.stdin, text); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) run(ctx context.Context, monitor *qmp.Conn, command string, arguments any) {
	m.t.Helper()
	if err := monitor.Run(ctx, command, arguments, nil); err != nil {
		m.t.Fatal(err)
	}
}

// waitForShutdown waits until the guest has powered off for the n-th time.
func (m *machine) waitForShutdown(ctx context.Context, monitor *qmp.Conn, n int) {
	m.t.Helper()
	for {
		select {
		case e, open := <-monitor.Events():
			if !open {
				m.t.Fatalf("the monitor ended: %v:\n%s", monitor.Err(), m.log())
			}
			if e.Name != "SHUTDOWN" {
				continue
			}
			if !strings.Contains(string(e.Data), "guest-shutdown") {
				m.t.Errorf("SHUTDOWN with %s", e.Data)
			}
			if got := strings.Count(m.log(), "reached target power off"); got != n {
				m.t.Errorf("the guest powered off %d times, want %d:\n%s", got, n, m.log())
			}
			return
		case <-ctx.Done():
			m.t.Fatalf("no power off:\n%s", m.log())
		}
	}
}
