package platform

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Path takes events: POST, JSON.
const Path = "/_local/platform/events"

// largestEvent bounds an event with its attachments, in bytes.
const largestEvent = 16 << 20

// ServeHTTP takes an event and answers with its receipt: 400 for one that is not
// valid, 500 for one that can be sent again.
func (p Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e Event
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestEvent))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	receipt, err := p.Ingest(r.Context(), e)
	switch {
	case errors.Is(err, errInvalid):
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	case err != nil:
		answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
	default:
		answer(w, http.StatusOK, receipt)
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
