package rules

import (
	"errors"
	"fmt"
)

// Errors of Service and Store, wrapped.
var (
	// ErrNotFound: no such template or rule.
	ErrNotFound = errors.New("not found")
	// ErrTemplateNotFound: a rule names a template that does not exist.
	ErrTemplateNotFound = errors.New("template not found")
	// ErrExists: the key already has a rule.
	ErrExists = errors.New("already exists")
	// ErrInUse: the template is bound to a rule.
	ErrInUse = errors.New("in use")
	// ErrTemplateLimit and ErrRuleLimit: MaxTemplates or MaxRules is reached.
	ErrTemplateLimit = errors.New("too many templates")
	ErrRuleLimit     = errors.New("too many rules")
)

// InvalidError says which field of a request is wrong and what would be right.
type InvalidError struct {
	// Field is the specification's name, such as "Mp4Param.RecordInterval".
	Field  string
	Reason string
}

// Error returns "Field: Reason".
func (e *InvalidError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Reason) }
