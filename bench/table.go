package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is a result to be printed in Markdown.
type table struct {
	title string
	// note says what was measured, and how.
	note string
	head []string
	rows [][]string
}

// row adds one; cells are printed with their default format.
func (t *table) row(cells ...any) {
	r := make([]string, len(cells))
	for i, c := range cells {
		r[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, r)
}

// write prints it, with the columns aligned.
func (t *table) write(w io.Writer) error {
	width := make([]int, len(t.head))
	rule := make([]string, len(t.head))
	for _, r := range append([][]string{t.head}, t.rows...) {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n%s\n\n", t.title, t.note)
	for i := range rule {
		rule[i] = strings.Repeat("-", width[i])
	}
	for _, r := range append([][]string{t.head, rule}, t.rows...) {
		b.WriteString("|")
		for i, cell := range r {
			fmt.Fprintf(&b, " %s%s |", cell, strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}
