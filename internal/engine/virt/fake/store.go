package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// store keeps one small file per guest. The zero store keeps nothing.
type store struct{ dir string }

const recordSuffix = ".json"

// open makes the folder and reads the guests in it. What a crash left half
// written goes away.
func (s store) open() (map[string]*record, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	guests := map[string]*record{}
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		id, whole := strings.CutSuffix(e.Name(), recordSuffix)
		if !whole {
			if strings.HasSuffix(e.Name(), ".part") {
				os.Remove(path)
			}
			continue
		}
		p, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		r := new(record)
		if err := json.Unmarshal(p, r); err != nil || r.Guest.ServerID != id {
			return nil, fmt.Errorf("fake: %s is not a guest's record; remove it to forget the guest", path)
		}
		guests[id] = r
	}
	return guests, nil
}

func (s store) put(r *record) error {
	if s.dir == "" {
		return nil
	}
	p, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, r.Guest.ServerID+recordSuffix)
	// The rename survives a kill of the process; a simulated guest need not
	// survive the machine, so nothing waits for the disk.
	if err := os.WriteFile(path+".part", p, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

func (s store) remove(serverID string) error {
	if s.dir == "" {
		return nil
	}
	err := os.Remove(filepath.Join(s.dir, serverID+recordSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// validID keeps a server id from being a path.
func validID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }
