package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// files is the folder that holds the data of images:
//
//	uploads/UPLOAD             while it comes in
//	SHA512[:2]/SHA512.IMAGE    complete, never written again
//
// No name in it comes from a user: ids are the database's, hashes are ours.
type files struct{ dir string }

const uploads = "uploads"

func (f files) uploadPath(uploadID string) string { return filepath.Join(f.dir, uploads, uploadID) }

func (f files) dataPath(imageID, sha512 string) string {
	return filepath.Join(f.dir, sha512[:2], sha512+"."+imageID)
}

func (f files) prepare() error { return os.MkdirAll(filepath.Join(f.dir, uploads), 0o700) }

// create begins the file of an upload.
func (f files) create(uploadID string) (*os.File, error) {
	file, err := os.OpenFile(f.uploadPath(uploadID), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return file, storageFault(err)
}

// commit makes a complete upload the data of an image, safe against power
// failure, and closes file.
func (f files) commit(file *os.File, imageID, sha512 string) error {
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return storageFault(err)
	}
	path := f.dataPath(imageID, sha512)
	folder := filepath.Dir(path)
	switch err := os.Mkdir(folder, 0o700); {
	case err == nil:
		if err := syncDir(f.dir); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return storageFault(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return storageFault(err)
	}
	return syncDir(folder)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (f files) open(imageID, sha512 string) (*os.File, error) {
	return os.Open(f.dataPath(imageID, sha512))
}

// remove removes files that may be gone already.
func remove(paths ...string) error {
	var errs []error
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// sweep removes every file that is not the data of one of images, and lists
// those of images whose file is missing.
func (f files) sweep(images []store.ImageData) (removed int, missing []store.ImageData, err error) {
	keep := make(map[string]store.ImageData, len(images))
	for _, d := range images {
		keep[f.dataPath(d.ID, d.SHA512)] = d
	}
	err = filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if _, ok := keep[path]; ok {
			delete(keep, path)
			return nil
		}
		removed++
		return os.Remove(path)
	})
	for _, d := range keep {
		missing = append(missing, d)
	}
	return removed, missing, err
}

// storageFault tells a full disk, which the caller must know of, from other
// failures of storage, which are the log's.
func storageFault(err error) error {
	for _, full := range [...]error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return fault.Wrap(err, fault.TooLarge, "The image storage is full; nothing was stored. Ask whoever runs this cloud to make room.")
		}
	}
	return err
}
