package mediatest

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"aircheck/ingest/media"
)

// encoders are the arguments with which ffmpeg makes each codec, and the bare form in which it writes it.
var encoders = map[string]struct {
	args   []string
	format string
	split  func(file []byte) (config []byte, units [][]byte)
}{
	"av1":   {[]string{"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-g", "10", "-threads", "1"}, "ivf", splitIVF},
	"vp8":   {[]string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "10"}, "ivf", splitIVF},
	"vp9":   {[]string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "10"}, "ivf", splitIVF},
	"opus":  {[]string{"-c:a", "libopus", "-ac", "2"}, "ogg", splitOgg},
	"mp3":   {[]string{"-c:a", "libmp3lame", "-ac", "2", "-write_xing", "0", "-id3v2_version", "0"}, "mp3", splitMP3},
	"ac3":   {[]string{"-c:a", "ac3", "-ac", "2"}, "ac3", splitAC3},
	"g711a": {[]string{"-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"}, "alaw", splitG711},
	"g711u": {[]string{"-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"}, "mulaw", splitG711},
}

// Encode has the real ffmpeg code a test picture of 25 frames per second or a tone of 48 kHz, and returns the units on a track with
// that id and clock rate, from time 0 on: of "av1", "vp8", "vp9" (a key frame every 10 pictures), "opus", "mp3", "ac3", "g711a" and "g711u".
// args follow the encoder's own, such as "-t", "2", "-ac", "6".
func Encode(t testing.TB, codec string, id int, timescale uint32, args ...string) []*media.Unit {
	t.Helper()
	e := encoders[codec]
	path := filepath.Join(t.TempDir(), "bare")
	source := "sine=f=400:r=48000"
	if e.format == "ivf" {
		source = "testsrc2=s=320x240:r=25"
	}
	all := append([]string{"-v", "error", "-y", "-f", "lavfi", "-i", source}, e.args...)
	all = append(append(all, args...), "-f", e.format, path)
	Run(t, "ffmpeg", all...)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config, payloads := e.split(file)
	if len(payloads) == 0 {
		t.Fatalf("ffmpeg made nothing of %s", codec)
	}
	kind := media.Audio
	if e.format == "ivf" {
		kind = media.Video
	}
	c, err := media.FromUnit(codec, kind, config, payloads[0])
	if err != nil {
		t.Fatal(err)
	}
	return timed(&media.Track{ID: id, Codec: c, Timescale: timescale}, payloads)
}

// timed puts payloads on a time line: pictures 1/25 s each, sound as long as it is.
func timed(track *media.Track, payloads [][]byte) (units []*media.Unit) {
	sound, _ := track.Codec.(media.FramedCodec)
	ticks, rate := int64(0), uint32(25)
	if sound != nil {
		rate = uint32(sound.SampleRate())
	}
	for _, p := range payloads {
		at := media.Rescale(ticks, rate, track.Timescale)
		units = append(units, unit(track, at, at, sample{key: track.Codec.RandomAccess(p), payload: p}))
		if ticks++; sound != nil {
			ticks += int64(sound.SamplesIn(p)) - 1
		}
	}
	return units
}

// splitIVF reads the frames of an IVF file: a header of 32 bytes, then frames behind size and time.
func splitIVF(file []byte) (config []byte, units [][]byte) {
	const fileHeader, frameHeader = 32, 12
	codec := string(file[8:12])
	for rest := file[fileHeader:]; len(rest) >= frameHeader; {
		n := frameHeader + int(binary.LittleEndian.Uint32(rest))
		unit := rest[frameHeader:n]
		if codec == "AV01" {
			unit, _ = media.TrimOBUs(unit)
		}
		units = append(units, unit)
		rest = rest[n:]
	}
	return nil, units
}

// splitOgg reads the packets of an Ogg file with one stream (RFC 3533); the first is the configuration, the second a comment.
func splitOgg(file []byte) (config []byte, units [][]byte) {
	var packet []byte
	for len(file) > 27 {
		sizes := file[27 : 27+int(file[26])]
		file = file[27+len(sizes):]
		for _, n := range sizes {
			packet = append(packet, file[:n]...)
			file = file[n:]
			if n < 255 {
				units = append(units, packet)
				packet = nil
			}
		}
	}
	return units[0], units[2:]
}

// splitMP3 reads frames of MPEG-1 or 2, which begin with a sync word that tells their length.
func splitMP3(file []byte) (config []byte, units [][]byte) {
	for at := 0; at < len(file); {
		end := at + 4
		for end+1 < len(file) && (file[end] != 0xff || file[end+1] != file[at+1] || file[end+3]>>6 != file[at+3]>>6 || file[end+2]>>2 != file[at+2]>>2) {
			end++
		}
		if end+1 >= len(file) {
			end = len(file)
		}
		units = append(units, file[at:end])
		at = end
	}
	return nil, units
}

// splitAC3 cuts at the sync words; what stands there by chance is not, as frames have one size.
func splitAC3(file []byte) (config []byte, units [][]byte) {
	size := 2
	for size+1 < len(file) && (file[size] != 0x0b || file[size+1] != 0x77 || len(file)%size != 0) {
		size++
	}
	for ; len(file) >= size; file = file[size:] {
		units = append(units, file[:size:size])
	}
	return nil, units
}

// splitG711 cuts pieces of 20 ms.
func splitG711(file []byte) (config []byte, units [][]byte) {
	const size = 160
	for ; len(file) >= size; file = file[size:] {
		units = append(units, file[:size:size])
	}
	return media.SoundConfig(8000, 1), units
}
