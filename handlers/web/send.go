package web

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// SendTimeout is how long a large file may take to be sent: for Route.Timeout of routes that use [Sending].
const SendTimeout = 6 * time.Hour

// partTimeout is how long one part of it may take, so that who stops reading is let go.
const partTimeout = 90 * time.Second

// Sending gives the writer of an answer that is sent part by part: as long as its reader takes parts, the server's limit on
// writing does not end it.
func Sending(c echo.Context) io.Writer {
	return &sending{to: c.Response(), control: http.NewResponseController(c.Response())}
}

type sending struct {
	to      io.Writer
	control *http.ResponseController
}

func (s *sending) Write(part []byte) (int, error) {
	// A writer without deadlines, as in tests, has none to move.
	s.control.SetWriteDeadline(time.Now().Add(partTimeout)) //nolint:errcheck // see above
	return s.to.Write(part)
}
