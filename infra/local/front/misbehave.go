package front

import (
	"maps"
	"net/http"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
)

// misbehave carries out a fault in place of the call.
func (f *Front) misbehave(fault Fault, c *call, w http.ResponseWriter, r *http.Request) {
	through := func(body []byte) (wire.Answer, error) { return f.through(body, r, c), nil }
	switch fault.Kind {
	case Throttle:
		write(w, wire.Throttled(c.Service))
	case Lost:
		f.engine(c).ServeHTTP(newRecorder(), r)
		panic(http.ErrAbortHandler)
	case Kill:
		f.kill(c.Sandbox)
		panic(http.ErrAbortHandler)
	case Unprocessed:
		respond(w)(c.Unprocessed(through))
	case PerKeyError:
		respond(w)(c.PerKeyError(through))
	}
}

// respond writes an answer, or says that the call is not of the fault's kind.
func respond(w http.ResponseWriter) func(wire.Answer, error) {
	return func(a wire.Answer, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		write(w, a)
	}
}

func write(w http.ResponseWriter, a wire.Answer) {
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// through sends a changed body to the engine.
func (f *Front) through(body []byte, r *http.Request, c *call) wire.Answer {
	answer := newRecorder()
	f.engine(c).ServeHTTP(answer, wire.WithBody(r, body))
	return wire.Answer{Status: answer.status, Body: answer.body.Bytes()}
}
