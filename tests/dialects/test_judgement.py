from mockllm.dialects.judgement import CATEGORIES, OF_IMAGES, judgement


def test_a_judgement_has_every_category_in_each_of_its_parts():
    told = judgement("m", "Hello")
    assert all(list(told[key]) == list(CATEGORIES) for key in told if key != "flagged")
    assert len(CATEGORIES) == 13


def test_images_are_judged_by_some_categories_only():
    told = judgement("m", "Hello", kinds=("text", "image"))["category_applied_input_types"]
    assert {name for name, kinds in told.items() if "image" in kinds} == OF_IMAGES
    assert judgement("m", "x", kinds=("image",))["category_applied_input_types"]["hate"] == []
