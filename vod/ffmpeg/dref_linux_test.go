package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A film may say that its content lies in another file (data references, QuickTime File Format): that one is not opened.
func TestReferencesToOtherFiles(t *testing.T) {
	secret, err := movie()
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(other, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	crafted := fileWith(t, referring(t, secret, other))
	copied := []string{"-c", "copy", "-f", "nut"}
	content := secret[bytes.Index(secret, []byte("mdat"))+4:][1000:1100] // of a picture

	// ffmpeg as it comes does open it, told to. Otherwise this test would not show anything.
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append([]string{
		"-v", "error", "-enable_drefs", "1", "-use_absolute_path", "1", "-f", "mov",
		"-i", crafted.Name(),
	}, append(copied, "-")...)...).Output()
	if err != nil || !bytes.Contains(out, content) {
		t.Fatalf("the film is not crafted well: %v, %d bytes", err, len(out))
	}

	r := newRunner()
	made := newFile(t)
	err = r.Run(t.Context(), Job{Inputs: []Input{{File: crafted, Format: "mov"}}, Outputs: []Output{{File: made, Args: copied}}})
	text, readErr := os.ReadFile(made.Name())
	if readErr != nil || bytes.Contains(text, content) {
		t.Errorf("the other file was read: %v, %v", err, readErr)
	}
	err = r.Run(t.Context(), Job{
		Inputs: []Input{{File: crafted, Format: "mov"}}, Outputs: []Output{{File: made, Args: []string{"-frames:v", "1", "-f", "image2pipe"}}},
	})
	if info, statErr := made.Stat(); statErr != nil || info.Size() > 0 {
		t.Errorf("a picture was made of nothing: %v, %v", err, statErr)
	}
	if p, err := r.Probe(t.Context(), crafted, "mov"); err == nil && p.Size >= int64(len(secret)) {
		t.Errorf("it is described as %+v", p)
	}
}

// referring is a film without content whose tracks say that it lies in another file.
func referring(t *testing.T, film []byte, path string) []byte {
	t.Helper()
	index := film[bytes.Index(film, []byte("moov"))-4:]
	out := append([]byte{}, film[:bytes.Index(film, []byte("mdat"))-4]...)
	changed := refer(index, alias(path))
	if bytes.Count(changed, []byte("alis")) != 2 {
		t.Fatal("not both tracks have a reference")
	}
	return append(out, changed...)
}

// refer replaces the data references of all boxes of a text.
func refer(text, reference []byte) (out []byte) {
	for len(text) >= 8 {
		size := binary.BigEndian.Uint32(text)
		kind, content := string(text[4:8]), text[8:size]
		switch {
		case strings.Contains("moov trak mdia minf dinf", kind):
			content = refer(content, reference)
		case kind == "dref":
			content = append(append([]byte{}, content[:8]...), reference...)
		}
		out = binary.BigEndian.AppendUint32(out, uint32(8+len(content)))
		out = append(append(out, kind...), content...)
		text = text[size:]
	}
	return out
}

// alias is a data reference to a path.
func alias(path string) []byte {
	if len(path)%2 == 1 {
		path += "\x00"
	}
	b := make([]byte, 150) // names of volume and file, and how far up and down they are from here: nothing
	b = binary.BigEndian.AppendUint16(b, 2)
	b = binary.BigEndian.AppendUint16(b, uint16(len(path)))
	b = append(b, path...)
	b = append(b, 0xff, 0xff, 0, 0)
	head := binary.BigEndian.AppendUint32(nil, uint32(12+len(b)))
	return append(append(append(head, "alis"...), 0, 0, 0, 0), b...)
}
