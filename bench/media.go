package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// source is a clip to be made by ffmpeg: a test picture with noise, which fills the bit rate, 25 pictures a second with a key frame
// every 2 s, and a tone in AAC.
type source struct {
	name, size   string
	video, audio int // bit/s
	preset       string
	noise        int
}

// clipLength is that of every source. More media is made by sending it again.
const clipLength = time.Minute

// The sources.
func source1080() source {
	return source{"1080p25-4000k", "1920x1080", 4_000_000, 128_000, "ultrafast", 12}
}
func source360() source { return source{"360p25-900k", "640x360", 900_000, 128_000, "veryfast", 8} }
func sourceSmall() source {
	return source{"360p25-230k", "640x360", 230_000, 64_000, "veryfast", 1}
}

// clip returns the path of a source's FLV file, which is made when it is not in the cache.
func (b *bench) clip(ctx context.Context, s source) (string, error) {
	path := filepath.Join(b.cache, s.name+".flv")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	b.logf("making %s with ffmpeg", path)
	rate := fmt.Sprint(s.video)
	part := path + ".part"
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-y",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=25,noise=alls=%d:allf=t", s.size, s.noise),
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", fmt.Sprint(clipLength.Seconds()),
		"-c:v", "libx264", "-preset", s.preset, "-pix_fmt", "yuv420p", "-bf", "0", "-g", "50", "-sc_threshold", "0",
		"-b:v", rate, "-maxrate", rate, "-bufsize", rate,
		"-c:a", "aac", "-ac", "2", "-b:a", fmt.Sprint(s.audio), "-f", "flv", part)
	detach(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		_ = os.Remove(part)
		return "", fmt.Errorf("make %s: %w\n%s", path, err, out)
	}
	return path, os.Rename(part, path)
}
