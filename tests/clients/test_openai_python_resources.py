"""What is kept on the server, through the official Python client, over a real socket."""

import base64
import hashlib
import io
import json
import struct

import openai
import pytest

SAYS = """
rules:
  - when: {user: boom}
    replies: [{error: {code: context_length_exceeded}}]
  - when: {user: tool, turn: 0}
    replies: [{tool_calls: [{name: get_weather, arguments: {city: Paris}}]}]
  - replies: [{text: [Hel, lo, ' there', '!']}]
    then: loop
"""

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture(autouse=True)
def _relaxed(request):
    request.applymarker(pytest.mark.mockllm(allow=["leftover"]))


@pytest.fixture
def client(mockllm):
    with openai.OpenAI(base_url=mockllm.load(SAYS).base_url, api_key="sk-test", max_retries=0) as client:
        yield client


def line(custom_id, said):
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}]}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def uploaded(client, data, name="a.txt", purpose="user_data"):
    return client.files.create(file=(name, data), purpose=purpose)


def test_a_file_comes_back_byte_for_byte(client):
    data = bytes(range(256)) * 40
    file = uploaded(client, data)
    assert (file.bytes, file.filename, file.status) == (len(data), "a.txt", "processed")
    assert client.files.content(file.id).read() == data
    assert client.files.retrieve(file.id) == file
    assert [each.id for each in client.files.list()] == [file.id]
    assert client.files.wait_for_processing(file.id, poll_interval=0).id == file.id
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(file.id)


def test_a_list_of_files_is_paged_by_the_client(client):
    ids = [uploaded(client, b"same").id for _ in range(5)]
    assert len(set(ids)) == 5, "each upload is a file of its own"
    assert [file.id for file in client.files.list(limit=2)] == ids[::-1]
    assert [file.id for file in client.files.list(limit=2, order="asc")] == ids


def test_an_upload_in_parts_is_a_file(client, tmp_path):
    data = b"0123456789" * 100
    path = tmp_path / "big.jsonl"
    path.write_bytes(data)
    upload = client.uploads.upload_file_chunked(
        file=path, mime_type="application/jsonl", purpose="batch", part_size=300, md5=hashlib.md5(data).hexdigest()
    )
    assert upload.status == "completed"
    assert client.files.content(upload.file.id).read() == data


def test_a_batch_answers_each_line(client):
    lines = [line("one", "Hi"), line("two", "boom"), line("three", "Ho")]
    data = "\n".join(json.dumps(each) for each in lines).encode()
    file = uploaded(client, data, "in.jsonl", "batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"run": "1"}
    )
    seen = [batch.status]
    while batch.status not in {"completed", "failed"}:
        batch = client.batches.retrieve(batch.id)
        seen.append(batch.status)
    assert seen == ["validating", "in_progress", "finalizing", "completed"]
    assert batch.request_counts.model_dump() == {"total": 3, "completed": 2, "failed": 1}
    answers = [json.loads(text) for text in client.files.content(batch.output_file_id).text.splitlines()]
    assert [answer["custom_id"] for answer in answers] == ["one", "three"]
    completion = answers[0]["response"]["body"]
    assert completion["choices"][0]["message"]["content"] == "Hello there!"
    (error,) = [json.loads(text) for text in client.files.content(batch.error_file_id).text.splitlines()]
    assert error["response"]["body"]["error"]["code"] == "context_length_exceeded"
    assert [each.id for each in client.batches.list()] == [batch.id]


def test_a_batch_can_be_given_up(client):
    file = uploaded(client, json.dumps(line("one", "Hi")).encode(), "in.jsonl", "batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert client.batches.cancel(batch.id).status == "cancelling"
    assert client.batches.retrieve(batch.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="Cannot cancel"):
        client.batches.cancel(batch.id)


def size_of(image):
    data = base64.b64decode(image)
    assert data.startswith(b"\x89PNG")
    return struct.unpack(">II", data[16:24])


def test_images_are_real_files(client):
    made = client.images.generate(model="gpt-image-1", prompt="A cat", n=2, size="1536x1024")
    assert [size_of(image.b64_json) for image in made.data] == [(1536, 1024)] * 2
    assert made.data[0].b64_json != made.data[1].b64_json
    assert made.usage.output_tokens == 2 * 6208
    picture = io.BytesIO(base64.b64decode(made.data[0].b64_json))
    edited = client.images.edit(model="gpt-image-1", image=("a.png", picture), prompt="With a hat")
    assert edited.usage.input_tokens_details.image_tokens > 0
    with pytest.deprecated_call():  # the client calls the endpoint so
        varied = client.images.create_variation(image=("a.png", b"x"), n=2, response_format="b64_json", size="256x256")
    assert [size_of(image.b64_json) for image in varied.data] == [(256, 256)] * 2


def test_an_image_can_be_fetched_from_its_address(client):
    (image,) = client.images.generate(model="dall-e-3", prompt="A cat").data
    assert image.revised_prompt == "A cat"
    found = client.get(image.url, cast_to=openai._legacy_response.HttpxBinaryResponseContent)
    assert found.read().startswith(b"\x89PNG")


def test_an_image_comes_in_parts(client):
    stream = client.images.generate(model="gpt-image-1", prompt="A cat", stream=True, partial_images=2)
    events = list(stream)
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    whole = client.images.generate(model="gpt-image-1", prompt="A cat")
    assert events[-1].b64_json == whole.data[0].b64_json
    edits = client.images.edit(model="gpt-image-1", image=("a.png", b"x"), prompt="Hat", stream=True, partial_images=1)
    assert [event.type for event in edits] == ["image_edit.partial_image", "image_edit.completed"]


def test_a_vector_store_finds_what_is_nearest(client):
    store = client.vector_stores.create(name="Facts")
    cats = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("cats.txt", b"Cats purr."))
    tax = uploaded(client, b"Taxes are due in April.", "tax.txt")
    added = client.vector_stores.file_batches.create_and_poll(vector_store_id=store.id, file_ids=[tax.id])
    assert (cats.status, added.status, added.file_counts.completed) == ("completed", "completed", 1)
    found = list(client.vector_stores.search(vector_store_id=store.id, query="When are taxes due?"))
    assert [each.filename for each in found] == ["tax.txt", "cats.txt"]
    assert found[0].score > found[1].score
    assert found[0].content[0].text == "Taxes are due in April."
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 2
    assert [file.id for file in client.vector_stores.files.list(vector_store_id=store.id)] == [tax.id, cats.id]
    client.vector_stores.files.delete(cats.id, vector_store_id=store.id)
    assert client.vector_stores.delete(store.id).deleted


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_an_assistant_answers_a_thread(client):
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[TOOL])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert (run.status, run.usage.completion_tokens) == ("completed", 4)
    messages = list(client.beta.threads.messages.list(thread.id, order="asc"))
    assert [message.content[0].text.value for message in messages] == ["Hi", "Hello there!"]
    client.beta.threads.messages.create(thread.id, role="user", content="tool")


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_a_run_waits_for_its_tools_and_streams(client):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[TOOL])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "tool"}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        stream.until_done()
        run = stream.current_run
    assert run.status == "requires_action"
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}')
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call.id, "output": "Sunny"}]
    ) as stream:
        said = "".join(stream.text_deltas)
        (message,) = stream.get_final_messages()
    assert said == message.content[0].text.value == "Hello there!"
    steps = list(client.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc"))
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]


async def test_the_async_client_finds_the_same(mockllm):
    async with openai.AsyncOpenAI(base_url=mockllm.load(SAYS).base_url, api_key="sk-test", max_retries=0) as client:
        file = await client.files.create(file=("a.txt", b"Hello"), purpose="user_data")
        assert (await client.files.content(file.id)).content == b"Hello"
        assert [each.id async for each in client.files.list()] == [file.id]
        made = await client.images.generate(model="gpt-image-1", prompt="A cat", stream=True, partial_images=1)
        assert [event.type async for event in made][-1] == "image_generation.completed"
        store = await client.vector_stores.create(name="Facts", file_ids=[file.id])
        found = client.vector_stores.search(vector_store_id=store.id, query="Hello")
        assert [each.file_id async for each in found] == [file.id]
