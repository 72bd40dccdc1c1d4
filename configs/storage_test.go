package configs

import (
	"strings"
	"testing"
)

// TestStorageFolders refuses folders that overlap, and takes those that do not, from the file and from the environment.
func TestStorageFolders(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"both", "storage:\n  ia_dir: /mnt/ia\n  sub_apps:\n  - id: 1500000001\n    dir: /mnt/news\n", ""},
		{"beside the recordings", "data_dir: /srv\nstorage:\n  ia_dir: /srv/recordings-ia\n", ""},
		{"the recordings", "data_dir: /srv\nstorage:\n  ia_dir: /srv/recordings/\n", "storage.ia_dir"},
		{"in the recordings", "data_dir: /srv\nstorage:\n  ia_dir: /srv/recordings/ia\n", "storage.ia_dir"},
		{"around the recordings", "data_dir: /srv/data\nstorage:\n  ia_dir: /srv\n", "storage.ia_dir"},
		{"in each other", "storage:\n  ia_dir: /mnt/ia\n  sub_apps:\n  - {id: 5, dir: /mnt/ia/x}\n", "storage.sub_apps"},
		{"twice", "storage:\n  sub_apps:\n  - {id: 5, dir: /mnt/x}\n  - {id: 5, dir: /mnt/y}\n", "twice"},
		{"no dir", "storage:\n  sub_apps:\n  - {id: 5}\n", "no dir"},
		{"no number", "storage:\n  sub_apps:\n  - {id: 0, dir: /mnt/x}\n", "is not the number"},
		{"too slow", "storage:\n  move_rate: 1\n", "storage.move_rate"},
	} {
		_, err := Load(write(t, c.text), nil)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	got, err := Load("", []string{"AIRCHECK_STORAGE_IA_DIR=/mnt/ia", "AIRCHECK_STORAGE_SUB_APPS=[{id: 1500000001, dir: /mnt/news}]"})
	if err != nil || got.Storage.IADir != "/mnt/ia" || len(got.Storage.SubApps) != 1 || got.Storage.SubApps[0] != (SubAppStorage{1500000001, "/mnt/news"}) {
		t.Errorf("from the environment: %+v, %v", got.Storage, err)
	}
}
