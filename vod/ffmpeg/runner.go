// Package ffmpeg runs ffmpeg for the catalogue: a bounded number of children at once, of the lowest priority, within limits of time, memory
// and output, and without a say in what is opened. A child is given open files, never a name or an address, and is told how to read each one:
// what is in a file can not make it look elsewhere. It knows nothing of assets and tasks.
package ffmpeg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Errors of Run and Probe, wrapped.
var (
	// ErrMissing: there is no ffmpeg that can be run.
	ErrMissing = errors.New("ffmpeg is not there")
	// ErrStalled: the child made no progress and was killed.
	ErrStalled = errors.New("ffmpeg made no progress and was killed")
	// ErrLimit: the child went beyond a limit and was killed.
	ErrLimit = errors.New("ffmpeg was stopped at a limit")
	// ErrFull: there was no room for what it wrote; its own words follow.
	ErrFull = errors.New("there is no room for what ffmpeg makes")
	// ErrFailed: ffmpeg ended with an error; its own words follow.
	ErrFailed = errors.New("ffmpeg failed")
)

// What a Runner's zero fields stand for.
const (
	DefaultAtOnce    = 1
	DefaultThreads   = 2
	DefaultMemory    = 2 << 30
	DefaultMaxOutput = 64 << 30
	DefaultStall     = time.Minute
	DefaultWall      = 6 * time.Hour
	DefaultCPU       = 12 * time.Hour
)

// Runner runs ffmpeg. Its methods may be called from any goroutine. Zero fields are the defaults above.
type Runner struct {
	// Path of ffmpeg; empty: it is looked up in PATH at every run, so that it may be installed while the server runs. ffprobe is expected
	// beside it, or in PATH.
	Path string
	// AtOnce is how many children there are at once; others wait.
	AtOnce int
	// Threads is how many threads a codec or filter may have.
	Threads int
	// Memory is how many bytes of address space a child may have, MaxOutput how large each file may get.
	Memory, MaxOutput int64
	// Stall is how long a child may neither write nor compute; one that computes but writes nothing may do so ten times as long. Wall is how
	// long it may run at all, CPU how much time of processors it may use.
	Stall, Wall, CPU time.Duration
	Log              *slog.Logger

	once  sync.Once
	slots chan struct{}
	// started is told of each child's process; for tests.
	started func(pid int)
}

// Input is a file to be read.
type Input struct {
	File *os.File
	// Format is the demuxer, such as "mov", "flv", "mpegts", "aac". It must be named: a file is never what it says it is. Those that open other
	// files (playlists, lists) are refused.
	Format string
	// Stream: File is a pipe, and cannot be sought.
	Stream bool
	// Args stand before the input, such as "-ss".
	Args []string
}

// Output is a file to be written; it is truncated.
type Output struct {
	File *os.File
	// Args end with the muxer: "-f", "mp4".
	Args []string
	// Stream: File is a pipe.
	Stream bool
}

// Job is one run.
type Job struct {
	Inputs  []Input
	Outputs []Output
	// Filter is the value of -filter_complex; may be empty.
	Filter string
	// Duration is how long the output is going to be; 0 if unknown: there is no percentage then.
	Duration time.Duration
	// Progress is called now and then with a growing number of percent, from another goroutine; may be nil.
	Progress func(percent int)
}

// demuxers are the ones that may be used: they open nothing but what they are given.
func demuxers() []string {
	return []string{"mov", "flv", "mpegts", "aac", "mp3", "h264", "hevc", "matroska", "image2pipe", "mjpeg", "rawvideo", "s16le"}
}

// ReadsFLV reports whether every version of ffmpeg reads an FLV file with tracks of these codecs: old ones know but three, and one track of a
// kind.
func ReadsFLV(codecs []string) bool {
	video, audio := 0, 0
	for _, c := range codecs {
		switch c {
		case "h264":
			video++
		case "aac", "mp3":
			audio++
		default:
			return false
		}
	}
	return video <= 1 && audio <= 1
}

func (r *Runner) slot() chan struct{} {
	r.once.Do(func() { r.slots = make(chan struct{}, or(r.AtOnce, DefaultAtOnce)) })
	return r.slots
}

func or[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Find returns where ffmpeg is. ErrMissing.
func (r *Runner) Find() (string, error) { return r.find("ffmpeg") }

func (r *Runner) find(program string) (string, error) {
	if !supported {
		return "", fmt.Errorf("%w: it is used on Linux only", ErrMissing)
	}
	name := program
	if r.Path != "" {
		name = r.Path
		if program != "ffmpeg" {
			name = beside(r.Path, program)
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: install it, or name its path in ffmpeg.path (%v)", ErrMissing, err)
	}
	return path, nil
}

// beside returns the program that lies next to a path, or its bare name if none does.
func beside(path, program string) string {
	at := strings.LastIndexByte(path, os.PathSeparator)
	if at < 0 {
		return program
	}
	if name := path[:at+1] + program; isFile(name) {
		return name
	}
	return program
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// Run does a job: it waits for its turn, then for the child. When ctx ends the child is killed. The files stay open. ErrMissing, ErrStalled,
// ErrLimit, ErrFull, ErrFailed, or that of ctx.
func (r *Runner) Run(ctx context.Context, j Job) error {
	path, err := r.Find()
	if err != nil {
		return err
	}
	args, files, err := r.args(j)
	if err != nil {
		return err
	}
	select {
	case r.slot() <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-r.slot() }()
	report, child, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("run ffmpeg: %w", err)
	}
	defer report.Close()
	args = append([]string{"-progress", "pipe:" + strconv.Itoa(firstFile+len(files))}, args...)
	args = append([]string{"-hide_banner", "-nostdin", "-nostats", "-v", "error", "-y"}, args...)
	c := r.newChild(path, args, append(files, child))
	c.progress, c.report = &progress{duration: j.Duration, tell: j.Progress}, report
	defer child.Close()
	return c.run(ctx, child)
}

// firstFile is the number of the first file a child is given beside the usual three.
const firstFile = 3

// args are the arguments of a job without the general ones, and the files in the order of their numbers.
func (r *Runner) args(j Job) (args []string, files []*os.File, err error) {
	threads := strconv.Itoa(or(r.Threads, DefaultThreads))
	for _, in := range j.Inputs {
		own, err := inputArgs(in, firstFile+len(files))
		if err != nil {
			return nil, nil, err
		}
		args = append(append(args, "-threads", threads), own...)
		files = append(files, in.File)
	}
	args = append(args, "-filter_threads", threads, "-filter_complex_threads", threads)
	if j.Filter != "" {
		args = append(args, "-filter_complex", j.Filter)
	}
	for _, out := range j.Outputs {
		args = append(append(args, out.Args...), "-threads", threads, place(firstFile+len(files), out.Stream))
		files = append(files, out.File)
	}
	return args, files, nil
}

// inputArgs are the arguments of an input with that number.
func inputArgs(in Input, number int) ([]string, error) {
	allowed := false
	for _, d := range demuxers() {
		allowed = allowed || d == in.Format
	}
	if !allowed {
		return nil, fmt.Errorf("run ffmpeg: %q is not among the formats that may be read", in.Format)
	}
	// A device of numbers is a file for ffmpeg, and only so it can be sought; a pipe it does not seek. There is no third way to open anything.
	args := []string{"-protocol_whitelist", protocol(in.Stream), "-format_whitelist", in.Format}
	if in.Format == "mov" {
		args = append(args, "-enable_drefs", "0", "-use_absolute_path", "0")
	}
	args = append(args, in.Args...)
	return append(args, "-f", in.Format, "-i", place(number, in.Stream)), nil
}

func protocol(stream bool) string {
	if stream {
		return "pipe"
	}
	return "file"
}

// place is how ffmpeg is told of a file by its number. Opened again by its device, a file has an offset of its own.
func place(number int, stream bool) string {
	if stream {
		return "pipe:" + strconv.Itoa(number)
	}
	return "file:/dev/fd/" + strconv.Itoa(number)
}

// progress reads what ffmpeg tells of itself.
type progress struct {
	duration time.Duration
	tell     func(percent int)

	mu    sync.Mutex
	moved int64 // changes whenever something was written
	last  int
}

// maxReport bounds a line of ffmpeg's report, in bytes.
const maxReport = 4 << 10

// read reads until the child closes its end.
func (p *progress) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxReport), maxReport)
	seen := map[string]string{}
	for lines.Scan() {
		key, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		switch key {
		case "frame", "out_time_us", "total_size":
			if seen[key] != value {
				seen[key] = value
				p.move()
			}
		}
		if key == "out_time_us" {
			p.at(value)
		}
	}
	_, _ = io.Copy(io.Discard, r) // a line that is too long ends the scanner; the child must not wait for us
}

func (p *progress) move() {
	p.mu.Lock()
	p.moved++
	p.mu.Unlock()
}

func (p *progress) moves() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moved
}

// at tells the percentage of a place in the output, in µs.
func (p *progress) at(text string) {
	us, err := strconv.ParseInt(text, 10, 64)
	if err != nil || us < 0 || p.duration <= 0 || p.tell == nil {
		return
	}
	percent := int(min(99, float64(us)/float64(p.duration.Microseconds())*100))
	if percent > p.last {
		p.last = percent
		p.tell(percent)
	}
}
