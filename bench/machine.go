package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// describe prints what was measured, and on what.
func (b *bench) describe() error {
	var t strings.Builder
	fmt.Fprintf(&t, "Measured %s by `make bench`, runs: %d", time.Now().UTC().Format(time.DateOnly), b.runs)
	if b.quick {
		t.WriteString(" (short version: its fixed costs weigh too much to be quoted)")
	}
	fmt.Fprintf(&t, ".\n\n- machine: %s\n- system: %s, Linux %s, recordings on %s\n", processor(), system(), firstLine("/proc/sys/kernel/osrelease"),
		fileSystem(b.dir))
	for _, program := range [][]string{{b.binary, "version"}, {b.nginx, "-v"}, {"ffmpeg", "-version"}} {
		out, err := exec.Command(program[0], program[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(program, " "), err, out)
		}
		first, _, _ := strings.Cut(string(out), "\n")
		first, _, _ = strings.Cut(first, " Copyright")
		fmt.Fprintf(&t, "- %s\n", first)
	}
	fmt.Fprintf(&t, "- libnginx-mod-rtmp %s\n\nA cell is the median of the runs, with [least..most]. The servers "+
		"take turns within each run. CPU is the time, in user and system "+
		"mode, of the server's processes; that of the publishers is not in it. GB is 10⁹ bytes of media as FLV. All "+
		"goes over the loopback interface.\n\n",
		packageVersion("libnginx-mod-rtmp"))
	_, err := b.out.Write([]byte(t.String()))
	return err
}

// firstLine is that of a file, or "?".
func firstLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "?"
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// field finds the value of a line "key SEPARATOR value" in a file, or "?".
func field(path, key, separator string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "?"
	}
	for line := range strings.Lines(string(b)) {
		k, v, found := strings.Cut(line, separator)
		if found && strings.TrimSpace(k) == key {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return "?"
}

func system() string { return field("/etc/os-release", "PRETTY_NAME", "=") }

// processor is the kind and number of processors, and the memory.
func processor() string {
	memory := "?"
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if n, err := parseMeminfo(string(b), "MemTotal"); err == nil {
			memory = fmt.Sprintf("%.0f", float64(n)/(1<<30))
		}
	}
	return fmt.Sprintf("%d × %s, %s GiB", runtime.NumCPU(), field("/proc/cpuinfo", "model name", ":"), memory)
}

// fileSystem is the type of the one that holds a folder.
func fileSystem(dir string) string {
	b, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "?"
	}
	longest, kind := "", "?"
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 3 || len(f[1]) < len(longest) {
			continue
		}
		if dir == f[1] || strings.HasPrefix(dir, strings.TrimSuffix(f[1], "/")+"/") {
			longest, kind = f[1], f[2]
		}
	}
	return kind
}

// packageVersion is that of a Debian package, or "?".
func packageVersion(name string) string {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", name).Output()
	if err != nil {
		return "?"
	}
	return string(out)
}
