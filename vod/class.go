package vod

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of classes (CreateClass).
const (
	// MaxClassLevels is how deep classes are nested, MaxSubclasses how many one class has, and how many there are at the top.
	MaxClassLevels = 4
	MaxSubclasses  = 500
	// MaxClassName is in characters.
	MaxClassName = 64
	// NoClass is the parent of the classes at the top.
	NoClass = -1
	// OtherClass is the name of class 0, in which files are that are in no other one.
	OtherClass = "Other"
)

// Errors of Classes and ClassStore, wrapped.
var (
	// ErrClassNotFound: no such class in this application.
	ErrClassNotFound = errors.New("class not found; DescribeAllClass lists them")
	// ErrParentNotFound: the class that is to get another one below it does not exist.
	ErrParentNotFound = errors.New("parent class not found; DescribeAllClass lists classes, -1 is the top")
	// ErrClassExists: the parent has a class of that name.
	ErrClassExists = errors.New("there is a class of that name beside it already")
	// ErrClassLevels and ErrSubclasses: MaxClassLevels or MaxSubclasses is reached.
	ErrClassLevels = errors.New("classes are nested 4 deep at most")
	ErrSubclasses  = errors.New("a class has at most 500 classes below it, and there are at most 500 at the top")
	// ErrClassNotEmpty: there are classes below it, or files in it.
	ErrClassNotEmpty = errors.New("the class is not empty; delete the classes below it, and delete its files or give them another class, first")
)

// Class is where a file is put by people. Each application has its own.
type Class struct {
	ID, SubAppID int64
	// ParentID is NoClass at the top.
	ParentID   int64
	Name       string
	CreateTime time.Time
}

// ClassNode is a class in its tree.
type ClassNode struct {
	Class
	// Level is 0 at the top. Below are the classes one level deeper, by ID.
	Level int
	Below []int64
}

// ClassStore keeps classes. Every method is one transaction.
type ClassStore interface {
	// Classes lists all classes of an application by ID.
	Classes(ctx context.Context, subAppID int64) ([]Class, error)
	// ClassesByID returns those of the classes that exist, with all above them, in no particular order.
	ClassesByID(ctx context.Context, subAppID int64, ids []int64) ([]Class, error)
	// CreateClass stores a class and returns its ID, which is positive and never used twice. ErrParentNotFound, ErrClassExists,
	// ErrClassLevels, ErrSubclasses.
	CreateClass(ctx context.Context, c Class) (int64, error)
	// RenameClass: ErrClassNotFound, ErrClassExists.
	RenameClass(ctx context.Context, subAppID, id int64, name string) error
	// DeleteClass: ErrClassNotFound, ErrClassNotEmpty. Files that are being deleted do not count.
	DeleteClass(ctx context.Context, subAppID, id int64) error
}

// Classes is where classes are made, changed and asked for. All checks are here. Its methods may be called from any goroutine.
type Classes struct{ Store ClassStore }

func validClassName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case !utf8.ValidString(name):
		return &InvalidError{Field: "ClassName", Reason: "is not UTF-8"}
	case n < 1 || n > MaxClassName:
		return &InvalidError{Field: "ClassName", Reason: fmt.Sprintf("must have 1 to %d characters", MaxClassName)}
	}
	return nil
}

// Create makes a class and returns its ID. *InvalidError, ErrParentNotFound, ErrClassExists, ErrClassLevels, ErrSubclasses.
func (c *Classes) Create(ctx context.Context, subAppID, parent int64, name string) (int64, error) {
	if err := validClassName(name); err != nil {
		return 0, err
	}
	if parent == 0 || parent < NoClass {
		return 0, &InvalidError{Field: "ParentId", Reason: "must be the ClassId of a class, or -1 for one at the top"}
	}
	id, err := c.Store.CreateClass(ctx, Class{
		SubAppID: subAppID, ParentID: parent, Name: name, CreateTime: time.Now().UTC().Truncate(time.Microsecond),
	})
	if err != nil {
		return 0, fmt.Errorf("create class %q: %w", name, err)
	}
	return id, nil
}

// Rename gives a class another name. *InvalidError, ErrClassNotFound, ErrClassExists.
func (c *Classes) Rename(ctx context.Context, subAppID, id int64, name string) error {
	if err := validClassName(name); err != nil {
		return err
	}
	if id < 1 {
		return &InvalidError{Field: "ClassId", Reason: "must be the ClassId of a class; Other has its name for good"}
	}
	if err := c.Store.RenameClass(ctx, subAppID, id, name); err != nil {
		return fmt.Errorf("rename class %d: %w", id, err)
	}
	return nil
}

// Delete deletes an empty class. *InvalidError, ErrClassNotFound, ErrClassNotEmpty.
func (c *Classes) Delete(ctx context.Context, subAppID, id int64) error {
	if id < 1 {
		return &InvalidError{Field: "ClassId", Reason: "must be the ClassId of a class; Other cannot be deleted"}
	}
	if err := c.Store.DeleteClass(ctx, subAppID, id); err != nil {
		return fmt.Errorf("delete class %d: %w", id, err)
	}
	return nil
}

// All returns the tree of an application's classes, by ID. Class 0 is not in it.
func (c *Classes) All(ctx context.Context, subAppID int64) ([]ClassNode, error) {
	all, err := c.Store.Classes(ctx, subAppID)
	if err != nil {
		return nil, fmt.Errorf("read classes: %w", err)
	}
	parent := make(map[int64]int64, len(all))
	below := map[int64][]int64{}
	for _, k := range all {
		parent[k.ID] = k.ParentID
		below[k.ParentID] = append(below[k.ParentID], k.ID)
	}
	out := make([]ClassNode, len(all))
	for i, k := range all {
		out[i] = ClassNode{Class: k, Below: below[k.ID]}
		for up := k.ParentID; up != NoClass && out[i].Level < MaxClassLevels; up = parent[up] {
			out[i].Level++
		}
	}
	return out, nil
}

// Has reports whether an application has a class; 0 always is one.
func (c *Classes) Has(ctx context.Context, subAppID, id int64) (bool, error) {
	if id == 0 {
		return true, nil
	}
	found, err := c.Store.ClassesByID(ctx, subAppID, []int64{id})
	if err != nil {
		return false, fmt.Errorf("read class %d: %w", id, err)
	}
	return len(found) > 0, nil
}

// ClassLabel is how a class is shown: its name, and its path from the top, with " - " between the names.
type ClassLabel struct{ Name, Path string }

// Labels returns how the classes of assets are shown, by application and class. What is in a class that does not exist is in Other.
func (c *Classes) Labels(ctx context.Context, assets []Asset) (map[[2]int64]ClassLabel, error) {
	wanted := map[int64][]int64{}
	out := map[[2]int64]ClassLabel{}
	for i := range assets {
		key := [2]int64{assets[i].SubAppID, assets[i].ClassID}
		if _, ok := out[key]; ok {
			continue
		}
		out[key] = ClassLabel{OtherClass, OtherClass}
		if key[1] != 0 {
			wanted[key[0]] = append(wanted[key[0]], key[1])
		}
	}
	for app, ids := range wanted {
		found, err := c.Store.ClassesByID(ctx, app, ids)
		if err != nil {
			return nil, fmt.Errorf("read classes: %w", err)
		}
		byID := make(map[int64]Class, len(found))
		for _, k := range found {
			byID[k.ID] = k
		}
		for _, id := range ids {
			if k, ok := byID[id]; ok {
				out[[2]int64{app, id}] = ClassLabel{k.Name, pathOf(byID, id)}
			}
		}
	}
	return out, nil
}

// pathOf joins the names from the top down to a class.
func pathOf(byID map[int64]Class, id int64) string {
	var names []string
	for len(names) <= MaxClassLevels {
		k, ok := byID[id]
		if !ok {
			break
		}
		names = append(names, k.Name)
		id = k.ParentID
	}
	slices.Reverse(names)
	return strings.Join(names, " - ")
}
