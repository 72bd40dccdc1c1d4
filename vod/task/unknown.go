package task

import (
	"fmt"
	"strconv"
	"strings"
)

// maxShownID is how much of an ID is shown that may be anything: more than any ID has.
const maxShownID = 128

// Unknown is ErrNotFound, wrapped, for an ID that an application has no task of. An ID begins with the application that its task is of: it says
// which to name instead.
func Unknown(subApp int64, id string) error {
	text, _, _ := strings.Cut(id, "-")
	if of, err := strconv.ParseInt(text, 10, 64); err == nil && of >= 0 && of != subApp && strconv.FormatInt(of, 10) == text {
		return fmt.Errorf("%w in this application: %.*q is of another one; send SubAppId %d", ErrNotFound, maxShownID, id, of)
	}
	return fmt.Errorf("%w: %.*q", ErrNotFound, maxShownID, id)
}
