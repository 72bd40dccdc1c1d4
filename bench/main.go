// Bench measures our server against nginx-rtmp, and against the least a recorder must do, on the machine it runs on. It
// prints Markdown. It is started by "make bench", knows our server only from outside, and imports nothing of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// First arguments with which this program starts itself, as a process whose use of the machine is told apart.
const (
	publishArg = "__publish"
	sinkArg    = "__sink"
	touchArg   = "__touch"
	watchArg   = "__watch"
)

func main() {
	// SIGPIPE as well: what was started is stopped even if nobody reads the tables any more.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := run(ctx, os.Args[1:])
	cause := context.Cause(ctx)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil && cause != nil:
		fmt.Fprintln(os.Stderr, "bench:", cause)
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does what the arguments say.
func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == publishArg:
		return publishMain(ctx)
	case len(args) == 3 && args[0] == sinkArg:
		return sinkMain(args[1], args[2])
	case len(args) == 2 && args[0] == touchArg:
		return touchMain(args[1])
	case len(args) == 1 && args[0] == watchArg:
		return swarmMain(ctx)
	}
	return measure(ctx, args)
}

// measure is the program that people start.
func measure(ctx context.Context, args []string) (err error) {
	b := &bench{began: time.Now()}
	chosen, out, err := b.parse(args)
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return errors.New("this needs Linux: it reads /proc, and Debian's nginx-rtmp is what it compares with")
	}
	if err := b.prepare(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	b.out = os.Stdout
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		b.out = io.MultiWriter(os.Stdout, f)
	}
	b.logf("touching memory")
	if err := touch(ctx); err != nil {
		return err
	}
	if err := b.describe(); err != nil {
		return err
	}
	var failed error
	for _, s := range chosen {
		err := b.perform(ctx, s)
		if err != nil && ctx.Err() == nil {
			b.logf("%v", err) // the others are not lost over it
		}
		failed = errors.Join(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// parse reads the command line: the scenarios chosen, and the file to write besides standard output.
func (b *bench) parse(args []string) (chosen []scenario, out string, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := f.String("only", "", "comma-separated `scenarios` to run instead of all")
	f.IntVar(&b.runs, "runs", 5, "how often everything is measured")
	f.BoolVar(&b.quick, "quick", false, "shorter, and less exact")
	f.StringVar(&out, "out", "", "a `file` for the tables, which are always printed")
	f.StringVar(&b.binary, "binary", filepath.Join("bin", "aircheck"), "the server to measure")
	f.StringVar(&b.cache, "cache", "", "`folder` for clips and for what is recorded (default: aircheck-bench in "+
		"the user's cache)")
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "Measures Aircheck against nginx-rtmp on this machine. Flags:")
		f.PrintDefaults()
		fmt.Fprintln(f.Output(), "Scenarios:")
		for _, s := range scenarios() {
			fmt.Fprintf(f.Output(), "  %-10s %s\n", s.name, s.what)
		}
	}
	if err := f.Parse(args); err != nil {
		return nil, "", err
	}
	if f.NArg() > 0 || b.runs < 1 {
		return nil, "", errors.New("there are no arguments but flags, and -runs is at least 1")
	}
	if b.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, "", fmt.Errorf("choose a folder with -cache: %w", err)
		}
		b.cache = filepath.Join(dir, "aircheck-bench")
	}
	if b.cache, err = filepath.Abs(b.cache); err != nil {
		return nil, "", err
	}
	chosen, err = choose(*only)
	return chosen, out, err
}

// choose finds scenarios by name; none means all.
func choose(only string) ([]scenario, error) {
	all := scenarios()
	if only == "" {
		return all, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q; -help names them", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// requirePrograms tells which of some programs is missing.
func requirePrograms(names ...string) error {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%s is missing (Debian's package ffmpeg): %w", name, err)
		}
	}
	return nil
}
