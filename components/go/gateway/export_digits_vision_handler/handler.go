// Package export_digits_vision_handler is the export `digits:vision/handler`; the generated code asks
// for its name.
package export_digits_vision_handler

import (
	"wit_component/api"
	"wit_component/collector"
	"wit_component/digits_vision_handler"
	"wit_component/vision"
)

// Handle answers a request; a panic becomes a response as well.
func Handle(request digits_vision_handler.Request) (response digits_vision_handler.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			response = responseTo(api.Panicked(cause))
		}
	}()
	collector.Collect()
	headers := make([]api.Header, len(request.Headers))
	for index, header := range request.Headers {
		headers[index] = api.Header{Name: header.Name, Value: header.Value}
	}
	return responseTo(api.Answer(vision.Service{}, api.Request{
		Method:  methodFrom(request.Method),
		Target:  request.Target,
		Headers: headers,
		Body:    request.Body,
	}))
}

func methodFrom(method digits_vision_handler.Method) string {
	switch method.Tag() {
	case digits_vision_handler.Method_Get:
		return "GET"
	case digits_vision_handler.Method_Head:
		return "HEAD"
	case digits_vision_handler.Method_Post:
		return "POST"
	case digits_vision_handler.Method_Put:
		return "PUT"
	case digits_vision_handler.Method_Delete:
		return "DELETE"
	case digits_vision_handler.Method_Options:
		return "OPTIONS"
	case digits_vision_handler.Method_Patch:
		return "PATCH"
	default:
		return method.Other() // HTTP tells `get` and `GET` apart
	}
}

func responseTo(response api.Response) digits_vision_handler.Response {
	headers := make([]digits_vision_handler.Header, len(response.Headers))
	for index, header := range response.Headers {
		headers[index] = digits_vision_handler.Header{Name: header.Name, Value: header.Value}
	}
	return digits_vision_handler.Response{Status: uint16(response.Status), Headers: headers, Body: response.Body}
}
