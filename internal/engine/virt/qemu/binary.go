package qemu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

const program = "qemu-system-x86_64"

// Binary is a QEMU on this host and what it can do.
type Binary struct {
	Path    string
	Version int // major*1000000 + minor*1000 + micro
	Sandbox bool
}

// Find looks QEMU up in PATH; path names another one. Its absence is a
// fault.Unavailable that says what to install.
func Find(path string) (string, error) {
	if path == "" {
		path = program
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", fault.New(fault.Unavailable,
			"QEMU is not installed (%s is not found); as root, run `apt-get install --no-install-recommends qemu-system-x86 qemu-utils`, or use the fake driver", path)
	}
	return found, nil
}

// facts is qemu.json: what need not be found out again. Each part has the
// circumstances that it holds under.
type facts struct {
	Binary  binaryFacts  `json:"binary"`
	Verdict verdictFacts `json:"verdict"`
}

type binaryFacts struct {
	Of      string `json:"of"` // path, size and time of the program
	Version int    `json:"version"`
	Sandbox bool   `json:"sandbox"`
}

type verdictFacts struct {
	Of    string `json:"of"` // the program and the boot of this host
	Accel string `json:"accel"`
	Why   string `json:"why"`
}

func readFacts(path string) facts {
	var f facts
	if p, err := os.ReadFile(path); err == nil {
		// What cannot be read is found out again.
		if json.Unmarshal(p, &f) != nil {
			return facts{}
		}
	}
	return f
}

func writeFacts(path string, change func(*facts)) error {
	f := readFacts(path)
	change(&f)
	p, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(p, '\n'))
}

// findBinary finds QEMU and asks it for its version once.
func findBinary(ctx context.Context, path, factsPath string) (Binary, error) {
	found, err := Find(path)
	if err != nil {
		return Binary{}, err
	}
	of, err := identify(found)
	if err != nil {
		return Binary{}, err
	}
	known := readFacts(factsPath).Binary
	if known.Of != of {
		if known, err = ask(ctx, found); err != nil {
			return Binary{}, err
		}
		known.Of = of
		if err := writeFacts(factsPath, func(f *facts) { f.Binary = known }); err != nil {
			return Binary{}, err
		}
	}
	return Binary{Path: found, Version: known.Version, Sandbox: known.Sandbox}, nil
}

func identify(path string) (string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %s", path, st.Size(), st.ModTime().UTC().Format(time.RFC3339Nano)), nil
}

// ask runs QEMU without a machine, first in the sandbox, and reads its version
// from the greeting.
func ask(ctx context.Context, path string) (binaryFacts, error) {
	var errs []error
	for _, f := range []binaryFacts{{Sandbox: true}, {Sandbox: false}} {
		version, err := greet(ctx, path, f.Sandbox)
		if err == nil {
			f.Version = version
			return f, nil
		}
		errs = append(errs, err)
	}
	return binaryFacts{}, fault.Wrap(errors.Join(errs...), fault.Unavailable, "QEMU ("+path+") does not run on this host")
}

func greet(ctx context.Context, path string, sandboxed bool) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	args := []string{"-nodefaults", "-no-user-config", "-machine", "none", "-display", "none", "-qmp", "stdio"}
	if sandboxed {
		args = append(args, "-sandbox", sandbox)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out, words bytes.Buffer
	cmd.Stdin = strings.NewReader(`{"execute":"qmp_capabilities"}{"execute":"quit"}`)
	cmd.Stdout, cmd.Stderr = &out, &words
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(words.String()))
	}
	return greetedVersion(out.Bytes())
}

func greetedVersion(p []byte) (int, error) {
	var greeting struct {
		QMP struct {
			Version struct {
				QEMU struct{ Major, Minor, Micro int }
			}
		}
	}
	if err := json.NewDecoder(bytes.NewReader(p)).Decode(&greeting); err != nil {
		return 0, fmt.Errorf("greeting: %w", err)
	}
	v := greeting.QMP.Version.QEMU
	if v.Major == 0 {
		return 0, errors.New("greeting without a version")
	}
	return v.Major*1_000_000 + v.Minor*1000 + v.Micro, nil
}
