// SPDX-License-Identifier: AGPL-3.0-or-later
// A mock of four model APIs on loopback: Anthropic's Messages, OpenAI's Responses and Chat
// Completions, and Gemini's. It knows no model: the n-th answer of a conversation is the n-th step
// of its script, a call of a tool, and after the last one a text. So it holds no state; which step
// is due is told by the calls that the conversation already has.
//
// A step is {name, args}, or {custom, input} for a tool of OpenAI's that takes a text.
import { createServer } from "node:http"

const final_text = "Finished as asked."

const events = (list, named) =>
  list.map((e) => (named ? `event: ${e.type}\n` : "") + `data: ${JSON.stringify(e)}\n\n`).join("")

function anthropic(body, step) {
  const calls = (m) => m.role === "assistant" && Array.isArray(m.content) &&
    m.content.some((c) => c.type === "tool_use")
  const n = (body.messages ?? []).filter(calls).length
  const one = body.tools?.length ? step(n) : null
  const block = one
    ? { type: "tool_use", id: `toolu_${n}`, name: one.name, input: {} }
    : { type: "text", text: "" }
  const delta = one
    ? { type: "input_json_delta", partial_json: JSON.stringify(one.args) }
    : { type: "text_delta", text: final_text }
  const stop = one ? "tool_use" : "end_turn"
  const message = {
    id: `msg_${n}`, type: "message", role: "assistant", model: body.model, content: [],
    stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 1 },
  }
  if (!body.stream) {
    const content = [one ? { ...block, input: one.args } : { type: "text", text: final_text }]
    return { json: { ...message, content, stop_reason: stop } }
  }
  return {
    text: events([
      { type: "message_start", message },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: stop, stop_sequence: null },
        usage: { output_tokens: 5 } },
      { type: "message_stop" },
    ], true),
  }
}

function responses(body, step) {
  const is_call = (i) => ["function_call", "custom_tool_call"].includes(i?.type)
  const n = (body.input ?? []).filter(is_call).length
  const one = body.tools?.length ? step(n) : null
  let item = {
    type: "message", id: `msg_${n}`, role: "assistant", status: "completed",
    content: [{ type: "output_text", text: final_text, annotations: [] }],
  }
  const call = { call_id: `call_${n}`, status: "completed" }
  if (one?.custom) {
    item = { type: "custom_tool_call", id: `ctc_${n}`, ...call, name: one.custom, input: one.input }
  } else if (one) {
    item = { type: "function_call", id: `fc_${n}`, ...call, name: one.name,
      arguments: JSON.stringify(one.args) }
  }
  const base = { id: `resp_${n}`, object: "response", status: "in_progress", model: body.model,
    output: [] }
  const usage = {
    input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 15,
  }
  return {
    text: events([
      { type: "response.created", response: base },
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed",
        response: { ...base, status: "completed", output: [item], usage } },
    ], true),
  }
}

function completions(body, step) {
  const n = (body.messages ?? []).filter((m) => m.role === "assistant" && m.tool_calls).length
  const one = body.tools?.length ? step(n) : null
  const base = { id: `chatcmpl-${n}`, object: "chat.completion.chunk", created: 1, model: body.model }
  const call = one && { id: `call_${n}`, type: "function",
    function: { name: one.name, arguments: JSON.stringify(one.args) } }
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  const finish_reason = one ? "tool_calls" : "stop"
  const message = one
    ? { role: "assistant", content: null, tool_calls: [call] }
    : { role: "assistant", content: final_text }
  if (!body.stream) {
    return { json: { ...base, object: "chat.completion", usage,
      choices: [{ index: 0, message, finish_reason }] } }
  }
  const delta = one ? { ...message, tool_calls: [{ index: 0, ...call }] } : message
  const chunk = (choices, more = {}) => ({ ...base, choices, ...more })
  return {
    text: events([
      chunk([{ index: 0, delta, finish_reason: null }]),
      chunk([{ index: 0, delta: {}, finish_reason }]),
      chunk([], { usage }),
    ], false) + "data: [DONE]\n\n",
  }
}

function gemini(body, step, path) {
  const calls = (c) => (c.parts ?? []).some((p) => p.functionCall)
  const n = (body.contents ?? []).filter(calls).length
  const one = body.tools?.length ? step(n) : null
  let part = one ? { functionCall: { id: `call_${n}`, name: one.name, args: one.args } }
    : { text: final_text }
  if (body.generationConfig?.responseMimeType === "application/json") {
    part = { text: JSON.stringify({ reasoning: "x", next_speaker: "user", model_choice: "flash",
      complexity_reasoning: "x", complexity_score: 1 }) }
  }
  const answer = {
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
    modelVersion: "m", responseId: `r${n}`,
  }
  return path.includes("stream") ? { text: events([answer], false) } : { json: answer }
}

function answer_to(path, body, step) {
  if (path.endsWith("/count_tokens")) return { json: { input_tokens: 10 } }
  if (path.endsWith("/messages")) return anthropic(body, step)
  if (path.endsWith("/responses")) return responses(body, step)
  if (path.endsWith("/chat/completions")) return completions(body, step)
  if (path.includes(":countTokens")) return { json: { totalTokens: 10 } }
  if (path.includes("enerateContent")) return gemini(body, step, path)
  return { json: { data: [], models: [], object: "list" } }
}

// Listens; `play(steps)` sets the script, `heard()` is all that the host has sent since.
export async function start_mock() {
  let steps = []
  let sent = ""
  const server = createServer(async (request, response) => {
    let text = ""
    for await (const bytes of request) text += bytes
    sent += text
    let body = {}
    try {
      body = JSON.parse(text || "{}")
    } catch {
      // Something else than a question to a model.
    }
    const answer = answer_to(request.url.split("?")[0], body, (n) => steps[n] ?? null)
    const type = answer.text === undefined ? "application/json" : "text/event-stream"
    response.writeHead(200, { "Content-Type": type })
    response.end(answer.text ?? JSON.stringify(answer.json))
  })
  await new Promise((done) => server.listen(0, "127.0.0.1", done))
  return {
    port: server.address().port,
    play(script) {
      steps = script
      sent = ""
    },
    heard: () => sent,
    stop: () => server.closeAllConnections() ?? server.close(),
  }
}
