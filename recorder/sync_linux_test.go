package recorder

import "testing"

func TestKernelRelease(t *testing.T) {
	for release, want := range map[string]bool{
		"5.8.0": true, "5.7.19": false, "6.1.0-13-amd64": true, "5.10": true, "4.19.0": false, "5.8-rc1": true, "5": false, "": false, "x.y": false,
	} {
		if got := atLeast(release, 5, 8); got != want {
			t.Errorf("%q: %t", release, got)
		}
	}
}
