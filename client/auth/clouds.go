package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/novalet/novalet/client"
)

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// cloudFiles is what the files of the search path say.
type cloudFiles struct {
	clouds   *tree
	path     string // of clouds.yaml, for people; empty when there is none
	sought   string // where it was looked for
	profiles *tree
}

// findClouds reads clouds.yaml, secure.yaml over it, and clouds-public.yaml:
// each the first that is found in the search path.
func (s Sources) findClouds() (cloudFiles, error) {
	var found cloudFiles
	main, path, err := s.findFile("OS_CLIENT_CONFIG_FILE", "clouds")
	if err != nil {
		return found, err
	}
	secure, _, err := s.findFile("OS_CLIENT_SECURE_FILE", "secure")
	if err != nil {
		return found, err
	}
	public, _, err := s.findFile("OS_CLIENT_VENDOR_FILE", "clouds-public")
	if err != nil {
		return found, err
	}
	found.clouds = merge(main.at("clouds"), secure.at("clouds"))
	found.path, found.profiles = s.shortPath(path), public.at("public-clouds")
	var dirs []string
	for _, dir := range s.ConfigDirs {
		dirs = append(dirs, s.shortPath(dir))
	}
	found.sought = strings.Join(dirs, ", ")
	return found, nil
}

// findFile reads the first file of a name in the search path. A file that is
// named by its environment variable must be there.
func (s Sources) findFile(env, name string) (*tree, string, error) {
	if named := s.env(env); named != "" {
		t, err := s.readTree(named)
		if errors.Is(err, fs.ErrNotExist) {
			err = settingError("%s names %s, and there is no such file.", env, named)
		}
		return t, named, err
	}
	for _, dir := range s.ConfigDirs {
		for _, ext := range [...]string{".yaml", ".yml", ".json"} {
			path := filepath.Join(dir, name+ext)
			t, err := s.readTree(path)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				continue // openstacksdk looks on, too
			}
			return t, path, err
		}
	}
	return nil, "", nil
}

func (s Sources) readTree(path string) (*tree, error) {
	unreadable := func(err error) error {
		return &client.Failure{
			Class: client.CommandError, Cause: err,
			Message: fmt.Sprintf("%s cannot be read (%v): check whose it is, or name another with OS_CLIENT_CONFIG_FILE.", s.shortPath(path), bare(err)),
		}
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	} else if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(data) > maxFile {
		return nil, settingError("%s is larger than 1 MiB: that is no configuration.", s.shortPath(path))
	}
	t, err := parseTree(data, s.shortPath(path))
	if err != nil {
		return nil, settingError("%s cannot be used: %v.", s.shortPath(path), err)
	}
	return t, nil
}

// shortPath writes the home folder as ~.
func (s Sources) shortPath(path string) string {
	if s.Home != "" && path == s.Home {
		return "~"
	}
	if rest, ok := strings.CutPrefix(path, s.Home+string(filepath.Separator)); ok && s.Home != "" {
		return filepath.Join("~", rest)
	}
	return path
}

// cloud returns one cloud of the files, with its profile below it and its
// region's values on top. An empty name is the only cloud there is, or none.
func (f cloudFiles) cloud(name, region string) (*tree, string, error) {
	names := slices.Sorted(maps.Keys(f.clouds.children()))
	if name == "" {
		if len(names) != 1 {
			return nil, "", nil
		}
		name = names[0]
	}
	t := f.clouds.at(name)
	if t == nil {
		switch {
		case f.path == "":
			return nil, "", settingError("Cloud %s was not found: there is no clouds.yaml in any of %s, and OS_CLIENT_CONFIG_FILE names none.", name, f.sought)
		case len(names) == 0:
			return nil, "", settingError("Cloud %s was not found: %s has no clouds, whose names stand below \"clouds:\".", name, f.path)
		}
		return nil, "", settingError("Cloud %s was not found: %s has %s.", name, f.path, strings.Join(names, ", "))
	}
	if t.kids == nil {
		return nil, "", settingError("Cloud %s in %s is empty: give it auth, with auth_url and who calls.", name, t.file)
	}
	own := t
	if _, profile := t.scalar("profile", "cloud"); profile != nil {
		base, err := f.profile(profile.text, 0)
		if err != nil {
			return nil, "", err
		}
		if _, at := t.at("auth").scalar("auth_url"); base == nil && at == nil && !t.hasScalar("auth_url") {
			return nil, "", settingError("Cloud %s wants the profile %q, and no clouds-public.yaml has it: copy the profile's settings into the cloud, auth_url first (openstacksdk has its profiles in openstack/config/vendors).", name, profile.text)
		}
		t = merge(base, t)
	}
	values, err := regionOf(own, t, name, region)
	if err != nil {
		return nil, "", err
	}
	return merge(t, values), name, nil
}

// profile returns what clouds-public.yaml says under a name, over the profile
// that it is made from; nil when it says nothing.
func (f cloudFiles) profile(name string, depth int) (*tree, error) {
	t := f.profiles.at(name)
	if t == nil || depth > 10 {
		return nil, nil
	}
	if _, status := t.scalar("status"); status != nil && status.text == "shutdown" {
		_, message := t.scalar("message")
		if message == nil {
			message = &tree{}
		}
		return nil, settingError("The cloud of profile %q does not exist any more (%s): take another profile.", name, strings.TrimSuffix(message.text, "."))
	}
	if _, under := t.scalar("profile"); under != nil {
		base, err := f.profile(under.text, depth+1)
		return merge(base, t), err
	}
	return t, nil
}

// regionOf returns what a cloud says about one region, by default its first:
// an object with region_name and the region's values. own is what the cloud
// says without its profile. The rules are openstacksdk's: own regions are all
// there are, before an own region_name, before the profile's regions.
func regionOf(own, t *tree, cloud, region string) (*tree, error) {
	list := own.at("regions")
	if list == nil {
		if value := own.at("region_name"); value != nil && !value.null {
			if region != "" {
				return nil, nil // one region was named, and another is wanted
			}
			return oneRegion(firstRegion(value)), nil
		}
		list = t.at("regions")
	}
	if list == nil || len(list.list) == 0 {
		if value := t.at("region_name"); value != nil && region == "" {
			return oneRegion(firstRegion(value)), nil
		}
		return nil, nil
	}
	var names []string
	for _, item := range list.list {
		name, values := item, (*tree)(nil)
		if item.kids != nil {
			_, name = item.scalar("name")
			values = item.at("values")
		}
		if name == nil {
			continue
		}
		if region == "" || name.text == region {
			return merge(values, oneRegion(name)), nil
		}
		names = append(names, name.text)
	}
	return nil, settingError("Cloud %s has no region %s: it has %s, and capitals count (--os-region-name or OS_REGION_NAME).", cloud, region, strings.Join(names, ", "))
}

// firstRegion is the region of a value that may have several: a list, or a
// text with commas.
func firstRegion(value *tree) *tree {
	if len(value.list) > 0 {
		return value.list[0]
	}
	text, _, _ := strings.Cut(value.text, ",")
	return &tree{file: value.file, text: strings.TrimSpace(text)}
}

func oneRegion(name *tree) *tree {
	return &tree{file: name.file, kids: map[string]*tree{"region_name": name}}
}

func settingError(format string, args ...any) error {
	return &client.Failure{Class: client.CommandError, Message: fmt.Sprintf(format, args...)}
}
