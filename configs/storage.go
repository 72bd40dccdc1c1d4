package configs

import (
	"path/filepath"
	"strings"
)

// Recordings is the folder in data_dir that recordings are written to.
const Recordings = "recordings"

// Storage is the storage section.
type Storage struct {
	MinFree  Bytes  `yaml:"min_free"`
	WarnFree Bytes  `yaml:"warn_free"`
	Quota    Bytes  `yaml:"quota"`
	WhenFull string `yaml:"when_full"`
	// IADir is the folder of STANDARD_IA; empty: that of the recordings. SubApps are sub-applications with folders of their own.
	IADir    string          `yaml:"ia_dir"`
	SubApps  []SubAppStorage `yaml:"sub_apps"`
	MoveRate Bytes           `yaml:"move_rate"`
}

// SubAppStorage is one element of storage.sub_apps.
type SubAppStorage struct {
	ID  int64  `yaml:"id"`
	Dir string `yaml:"dir"`
}

// validateStorage checks the folders that files lie in: one inside another would hold files twice.
func (c *Config) validateStorage(bad func(key, format string, args ...any)) {
	if c.Storage.MoveRate < 64<<10 {
		bad("storage.move_rate", "%d is less than %d", c.Storage.MoveRate, 64<<10)
	}
	type folder struct{ key, dir string }
	known := []folder{{"data_dir, which has the folder " + Recordings, filepath.Join(c.DataDir, Recordings)}}
	add := func(key, dir string) {
		for _, other := range known {
			if inside(dir, other.dir) || inside(other.dir, dir) {
				bad(key, "%q and the folder of %s overlap; name a folder beside it", dir, other.key)
				return
			}
		}
		known = append(known, folder{key, dir})
	}
	if c.Storage.IADir != "" {
		add("storage.ia_dir", c.Storage.IADir)
	}
	seen := map[int64]bool{}
	for _, a := range c.Storage.SubApps {
		switch {
		case a.ID <= 0:
			bad("storage.sub_apps", "%d is not the number of a sub-application; write for example {id: 1500000001, dir: /mnt/news}", a.ID)
		case a.Dir == "":
			bad("storage.sub_apps", "the sub-application %d has no dir", a.ID)
		case seen[a.ID]:
			bad("storage.sub_apps", "the sub-application %d is there twice", a.ID)
		default:
			seen[a.ID] = true
			add("storage.sub_apps", a.Dir)
		}
	}
}

// inside reports whether a folder is another one or in it, by their names.
func inside(dir, other string) bool {
	a, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	b, err := filepath.Abs(other)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(b, a)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
