package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc (USER_HZ, which is 100 on every architecture that Go runs on).
const tick = 10 * time.Millisecond

// procStat is what /proc/PID/stat says, see proc_pid_stat(5).
type procStat struct {
	parent int
	// ticks are those of the process itself, in user and system mode, and of its children that were waited for.
	ticks int64
}

// parseStat reads /proc/PID/stat. The second field is the program's name in parentheses, which may itself hold spaces and
// parentheses.
func parseStat(s string) (procStat, error) {
	_, s, found := strings.Cut(s, "(")
	end := strings.LastIndex(s, ")")
	if !found || end < 0 {
		return procStat{}, errors.New("no program's name in parentheses")
	}
	// From the third field on: state, ppid, 9 others, utime, stime, cutime, cstime.
	fields := strings.Fields(s[end+1:])
	if len(fields) < 15 {
		return procStat{}, fmt.Errorf("%d fields behind the name, 15 or more are expected", len(fields))
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return procStat{}, err
	}
	st := procStat{parent: parent}
	for _, f := range fields[11:15] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return procStat{}, err
		}
		st.ticks += n
	}
	return st, nil
}

// memory is what a process holds, in bytes.
type memory struct {
	// own is memory that nobody else accounts for, code is that of mapped files, peak the most that was ever resident.
	own, code, peak int64
}

// parseStatus reads /proc/PID/status. A kernel thread and a process that has ended have no memory.
func parseStatus(s string) (memory, error) {
	var m memory
	for line := range strings.Lines(s) {
		key, value, _ := strings.Cut(line, ":")
		var to *int64
		switch key {
		case "RssAnon", "RssShmem":
			to = &m.own
		case "RssFile":
			to = &m.code
		case "VmHWM":
			to = &m.peak
		default:
			continue
		}
		number, unit, _ := strings.Cut(strings.TrimSpace(value), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || unit != "kB" {
			return memory{}, fmt.Errorf("%s is %q", key, value)
		}
		*to += n << 10
	}
	return m, nil
}

// tree finds a process and all that descend from it. Those that end meanwhile are left out: their parent has their ticks.
func tree(root int) (map[int]procStat, error) {
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]procStat{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			continue
		}
		if all[pid], err = parseStat(string(b)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return descendants(all, root), nil
}

// descendants keeps a process and those below it.
func descendants(all map[int]procStat, root int) map[int]procStat {
	out := map[int]procStat{}
	for pid := range all {
		for p, hops := pid, 0; hops <= len(all); p, hops = all[p].parent, hops+1 {
			if p == root {
				out[pid] = all[pid]
				break
			}
			if _, known := all[p]; !known {
				break
			}
		}
	}
	return out
}

// cpuTime is what a process and its descendants have used, those that have ended included.
func cpuTime(root int) (time.Duration, error) {
	family, err := tree(root)
	if err != nil {
		return 0, err
	}
	if len(family) == 0 {
		return 0, errors.New("the process has ended")
	}
	var ticks int64
	for _, st := range family {
		ticks += st.ticks
	}
	return time.Duration(ticks) * tick, nil
}

// memoryOf is what a process and its descendants hold. Code is counted once: they share it.
func memoryOf(root int) (memory, error) {
	family, err := tree(root)
	if err != nil {
		return memory{}, err
	}
	var sum memory
	for pid := range family {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		m, err := parseStatus(string(b))
		if err != nil {
			return memory{}, fmt.Errorf("/proc/%d/status: %w", pid, err)
		}
		sum.own += m.own
		sum.peak += m.peak
		sum.code = max(sum.code, m.code)
	}
	return sum, nil
}
